import { setMaxListeners } from 'node:events'
import { RequestError } from './errors'

/**
 * Listens to a signal, once. One signal may well end many calls at once (a server that shuts down): that is no leak to be
 * warned of.
 * @throws RequestError
 */
export function onceAborted(signal: AbortSignal, onAbort: () => void): void {
  try {
    setMaxListeners(0, signal)
  } catch {
    // A signal of someone's own making counts its listeners itself.
  }
  try {
    signal.addEventListener('abort', onAbort, { once: true })
  } catch (error) {
    throw new RequestError('signal', 'cannot be listened to', error)
  }
}
