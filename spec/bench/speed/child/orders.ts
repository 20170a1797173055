/** What all clients ask for: an order (POST) when `n` is even, and a query (GET) when it is odd. */
export const order = (n: number) => ({
  description: 'Image形象店-深圳腾大-QQ公仔',
  out_trade_no: `order-${n}`,
  notify_url: 'https://www.example.com/notify',
  amount: { total: 100, currency: 'CNY' },
})
export const APPID = 'wxd678efh567hg6787'

/** Is it what the platform answers to it? */
export function isAnswer(n: number, data: unknown): boolean {
  const { code_url, trade_state } = (data ?? {}) as {
    readonly code_url?: unknown
    readonly trade_state?: unknown
  }
  return n % 2 === 0 ? typeof code_url === 'string' : trade_state === 'SUCCESS'
}

export function expect(fits: boolean): void {
  if (!fits) throw new Error('the answer is not what the platform sent')
}
