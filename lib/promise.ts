/**
 * What the `Async` verbs return: a promise with the two methods that samples for the PHP SDK end in. Everything its
 * `then`, `catch` and `finally` give has them too.
 */
export class PendingResponse<T> extends Promise<T> {
  /** The same as `catch`. */
  otherwise<U = never>(
    onRejected?: ((reason: unknown) => U | PromiseLike<U>) | null,
  ): PendingResponse<T | U> {
    return this.then(undefined, onRejected)
  }

  /** The promise itself: there is nothing to wait for, the request was sent at once. `await` it for its value. */
  wait(): this {
    return this
  }

  declare then: <A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ) => PendingResponse<A | B>
}
