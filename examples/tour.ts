/**
 * The tour: every call of the K12 and face pages, in all its spellings, travels signed to a WeChat Pay on this machine
 * and comes back verified; then an answer is forged, and refused.
 */
import {
  Builder,
  type CallOptions,
  type DynamicPath,
  type Instance,
  type Response,
  Rsa,
  VerificationError,
} from 'wechatpay-chain/lite'
import { type RecordedRequest, Simulator } from 'wechatpay-chain/simulator'

const USER = 'v3.offlinefacemch.organizations._organization_id_.users.outUserId._out_user_id_'
const COLLECTIONS = 'v3.offlineface.faceCollections'
const FACE = 'v3.facemch.users._face_sid_'

const user = { organization_id: 'Ofewewfwefweewf', out_user_id: 'student-0001' }
const change = { json: { user_type: 'STUDENT', student_info: { class_name: '三年二班' }, status: 'NORMAL' } }
const page = { query: { organization_id: 'Ofewewfwefweewf', offset: 30, limit: 20 } }
const collection = { collection_id: 'collection-0031', query: { appid: 'wx2b029c08a6233333' } }
const face = { face_sid: 'aabbccdd12345', query: { info_type: 'ASK_REAL_NAME', appid: 'wx2b029c08a6233333' } }

async function main(): Promise<void> {
  await using simulator = await Simulator.start()
  await using instance = Builder.factory(simulator.credentials)
  console.log(`A WeChat Pay of your own, at ${simulator.url}`)

  const tour = new Tour(instance, simulator)
  await tour.visit('刷脸用户信息查询', USER, 'get', user)
  await tour.visit('刷脸用户信息修改', USER, 'patch', { ...user, ...change })
  await tour.visit('查询重采用户列表', COLLECTIONS, 'get', page)
  await tour.visit('查询重采请求', `${COLLECTIONS}._collection_id_`, 'get', collection)
  await tour.visit('查询用户授权的实名信息', FACE, 'get', face)

  const { data } = await instance.v3.facemch.users._face_sid_.get<{
    real_name_info: { encrypted_real_name: string }
  }>(face)
  const name = Rsa.decrypt(data.real_name_info.encrypted_real_name, simulator.credentials.privateKey)
  console.log(`   the name, decrypted with the merchant's key, has ${[...name].length} characters`)

  console.log('\nThe same answer, changed on its way')
  simulator.fault({ kind: 'tamper', times: 1 })
  const refusal = await instance.v3.facemch.users._face_sid_.get(face).catch((error: unknown) => error)
  if (!(refusal instanceof VerificationError)) throw new Error('a forged answer was believed')
  console.log(` ✗ ${refusal.name} (${refusal.reason}): ${refusal.message}`)
}

class Tour {
  constructor(
    readonly instance: Instance,
    readonly simulator: Simulator,
  ) {}

  /** One operation in its six spellings. */
  async visit(title: string, chain: string, verb: 'get' | 'patch', options: CallOptions): Promise<void> {
    console.log(`\n${title}`)
    const names = chain.split('.')
    const template = names.map(asSegment).join('/')
    const property = names.reduce<DynamicPath>((node, name) => node[name], this.instance)
    const spellings: [string, DynamicPath][] = [
      [`instance.${chain}`, property],
      [`instance.chain('${template}')`, this.instance.chain(template)],
      [`instance['${template}']`, this.instance[template]],
    ]
    let answer: Response | undefined
    for (const [spelling, node] of spellings) {
      answer = await node[verb](options)
      this.#report(`${spelling}.${verb}(…)`, answer)
      await node[`${verb}Async`](options)
        .then((response) => this.#report(`${spelling}.${verb}Async(…)`, response))
        .wait()
    }
    console.log(` → ${asSent(this.simulator.requests.at(-1))}`)
    console.log(` ← ${asReceived(answer)}`)
  }

  #report(call: string, { status, verified }: Response): void {
    const request = this.simulator.requests.at(-1)
    if (!request?.verified || !verified) throw new Error(`${call} was not signed and verified`)
    console.log(` ✓ ${call}  ${status}, signed and verified`)
  }
}

function asSegment(name: string): string {
  if (name.startsWith('_')) return `{${name.slice(1, -1)}}`
  return name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)
}

/** A request as the platform saw it. The signature itself is nobody's business. */
function asSent(request: RecordedRequest | undefined): string {
  if (!request) return 'nothing'
  const serial = /serial_no="(\w{8})/.exec(String(request.headers.authorization))?.[1]
  return `${request.method} ${request.target} ${request.body}  (merchant certificate ${serial}…)`
}

function asReceived(response: Response | undefined): string {
  const text = JSON.stringify(response?.data) ?? 'an empty body'
  const short = text.length > 200 ? `${text.slice(0, 200)}…` : text
  return `${response?.status}, Request-ID ${response?.requestId}\n   ${short}`
}

main()
