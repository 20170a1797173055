import { onceAborted } from './abort'
import { TransportError } from './errors'
import type { Request } from './request'

/**
 * Waits for what a call needs before it can be sent, for as long as the call may take.
 * @param what is missing, for the message
 * @throws TransportError (`ERR_TIMEOUT`, `ERR_ABORTED`): nothing was sent
 */
export async function within<T>(
  work: Promise<T>,
  what: string,
  { label, timeout, signal }: Pick<Request, 'label' | 'timeout' | 'signal'>,
): Promise<T> {
  const failure = (code: string, problem: string, cause?: unknown): TransportError =>
    new TransportError(`${label}: ${problem}; nothing was sent`, { code, delivery: 'not-sent', cause })
  let timer: NodeJS.Timeout | undefined
  let onAbort = (): void => {}
  const end = new Promise<never>((_, reject) => {
    onAbort = () => reject(failure('ERR_ABORTED', `aborted while it waited for ${what}`, signal?.reason))
    if (signal?.aborted) onAbort()
    else if (signal) onceAborted(signal, onAbort)
    if (timeout > 0)
      timer = setTimeout(() => reject(failure('ERR_TIMEOUT', `no ${what} within ${timeout} ms`)), timeout)
  })
  try {
    return await Promise.race([work, end])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}
