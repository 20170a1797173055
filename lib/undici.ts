type Undici = typeof import('undici')

let loaded: Undici | undefined

/** undici, loaded when the first request needs it: importing this package stays cheap. */
export function undici(): Undici {
  loaded ??= require('undici') as Undici
  return loaded
}
