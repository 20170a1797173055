/** What can go wrong with a call, and what each error tells. */
import { ApiError, Builder, RequestError, TransportError, VerificationError } from 'wechatpay-chain'
import { Simulator } from 'wechatpay-chain/simulator'

async function main(): Promise<void> {
  await using simulator = await Simulator.start()
  await using instance = Builder.factory(simulator.credentials)
  const { mchid } = simulator.credentials
  const order = (out_trade_no: string) =>
    instance.v3.pay.transactions.outTradeNo._out_trade_no_.get({
      out_trade_no,
      query: { mchid },
      timeout: 2_000,
      // Reads are tried again; here each failure is to be seen.
      retry: false,
    })

  await order('no-such-order').catch(explain)
  await order('..').catch(explain)

  simulator.fault({ kind: 'tamper', times: 1 })
  await instance.v3.offlineface.faceCollections._id_
    .get({ id: 'collection-0001', query: { appid: 'wx' } })
    .catch(explain)

  simulator.fault({ kind: 'reset', times: 1 })
  await order('1217752501201407033233368018').catch(explain)
}

function explain(error: unknown): void {
  if (error instanceof RequestError) {
    console.log(`The call is wrong, nothing was sent. ${error.message}`)
  } else if (error instanceof ApiError) {
    // `code` is WeChat Pay's own; `verified` says whether the answer was signed.
    console.log(
      `WeChat Pay says ${error.code} (HTTP ${error.status}), Request-ID ${error.requestId}. ${error.message}`,
    )
  } else if (error instanceof VerificationError) {
    console.log(`An answer that nobody can vouch for (${error.reason}). ${error.message}`)
  } else if (error instanceof TransportError) {
    // `not-sent` may be repeated as it is; after `unknown` query first, or repeat with the same numbers.
    console.log(`No answer (${error.code}), delivery ${error.delivery}. ${error.message}`)
  } else {
    throw error
  }
}

main()
