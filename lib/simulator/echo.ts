import type { Merchant, Platform } from './keys'
import type { Route } from './router'
import { encryptFor, readSensitive } from './sensitive'
import { checkBody, type Shape } from './shape'

interface Echo {
  readonly echo_message: string
  readonly encrypted_echo_message?: string | null
}

const SHAPE: Shape = {
  echo_message: { type: 'string', required: true },
  encrypted_echo_message: { type: 'string' },
  notify_url: { type: 'string', format: 'url' },
}

/** The merchant's self-test: what is sent comes back, an encrypted message encrypted anew for the merchant */
export const echoRoutes = (merchant: Merchant, platform: Platform): Route[] => [
  [
    'POST',
    'v3/security/echo',
    (call) => {
      const { echo_message, encrypted_echo_message } = checkBody<Echo>(call.json(), SHAPE)
      if (encrypted_echo_message === undefined || encrypted_echo_message === null)
        return { status: 200, body: { echo_message } }
      const text = readSensitive(platform, call, '/encrypted_echo_message', encrypted_echo_message, true)
      return { status: 200, body: { echo_message, encrypted_echo_message: encryptFor(merchant, text) } }
    },
  ],
]
