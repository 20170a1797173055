import type { RemoteSigner, Signer } from '../config'
import { TransportError } from '../errors'
import { Formatter } from '../formatter'
import { signQueue } from '../v3/sign-queue'

/**
 * The base64 RSA-SHA256 signature of lines, each ended by a line feed (official, JSAPI调起支付签名).
 * @throws TransportError (`ERR_SIGNER`) when a remote signer fails
 */
export async function signLines(signer: Signer, ...lines: string[]): Promise<string> {
  const message = Formatter.joinedByLineFeed(...lines)
  if ('remote' in signer) return askRemote(signer.remote, message)
  const { key } = signer
  signQueue.enter()
  return new Promise<string>((resolve, reject) => {
    const done = (error: Error | null, signature: string): void =>
      error ? reject(error) : resolve(signature)
    signQueue.sign({ message: Buffer.from(message), done }, key)
  }).finally(() => signQueue.leave())
}

async function askRemote(remote: RemoteSigner, message: string): Promise<string> {
  let signature: unknown
  try {
    signature = await remote.sign(message)
  } catch (error) {
    throw signerFailed('failed', error)
  }
  if (typeof signature === 'string' && /^[A-Za-z0-9+/]+={0,2}$/.test(signature)) return signature
  throw signerFailed('did not give base64 text')
}

function signerFailed(problem: string, cause?: unknown): TransportError {
  return new TransportError(`privateKey.sign() ${problem}`, {
    code: 'ERR_SIGNER',
    delivery: 'not-sent',
    cause,
  })
}
