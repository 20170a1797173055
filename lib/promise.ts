/**
 * What the `Async` verbs return: a promise with the two methods that samples for the PHP SDK end in. Everything its
 * `then`, `catch` and `finally` give has them too.
 */
export interface PendingResponse<T> extends Promise<T> {
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): PendingResponse<A | B>
  /** The same as `catch`. */
  otherwise<U = never>(onRejected?: ((reason: unknown) => U | PromiseLike<U>) | null): PendingResponse<T | U>
  /** The promise itself: there is nothing to wait for, the request was sent at once. `await` it for its value. */
  wait(): this
}

class Pending<T> extends Promise<T> {
  otherwise<U>(onRejected?: ((reason: unknown) => U | PromiseLike<U>) | null): Promise<T | U> {
    return this.catch(onRejected)
  }

  wait(): this {
    return this
  }
}

/** @returns a promise for the same value, with the two methods */
export function pending<T>(promise: Promise<T>): PendingResponse<T> {
  return new Pending<T>((resolve) => resolve(promise)) as unknown as PendingResponse<T>
}
