import { type Call, differs, type Run, refusal, refused, sends, type Table } from './entry'

const variable = (name: string, value: unknown): Call => {
  return (i) => i.v3.chain(`{${name}}`).get({ [name]: value })
}

const clashes = (name: string, value: unknown): Run =>
  differs(
    'one name cannot be both a variable and an option of ours',
    variable(name, value),
    refusal(new RegExp(`\\b${name}\\b`)),
  )

const ordinary = (name: string, value: string): Run =>
  differs(
    'no option of ours, hence a variable like any other',
    variable(name, value),
    // The last two: what asking for HTTP/2 or a decoding adds in Guzzle.
    sends({ target: `/v3/${value}`, headers: { upgrade: undefined, 'accept-encoding': undefined } }),
  )

export const optionNames: Table = {
  "variable named like an option/query = ['a'=>'1']": clashes('query', { a: '1' }),
  "variable named like an option/query = 'a=1'": clashes('query', 'a=1'),
  "variable named like an option/json = ['a'=>'1']": clashes('json', { a: '1' }),
  "variable named like an option/json = 'str'": clashes('json', 'str'),
  "variable named like an option/body = 'raw'": clashes('body', 'raw'),
  "variable named like an option/version = '1.0'": variable('version', '1.0'),
  "variable named like an option/version = '2'": ordinary('version', '2'),
  'variable named like an option/version = 1.0': variable('version', 1.0),
  "variable named like an option/timeout = '3'": clashes('timeout', '3'),
  "variable named like an option/delay = '5'": variable('delay', '5'),
  "variable named like an option/auth = 'tok'": variable('auth', 'tok'),
  "variable named like an option/auth = ['u','p']": differs(
    'in a plain {name} only a string or a number can be meant',
    variable('auth', ['u', 'p']),
    refusal(/\bauth\b/),
  ),
  "variable named like an option/cookies = 'c'": ordinary('cookies', 'c'),
  "variable named like an option/verify = '1'": ordinary('verify', '1'),
  "variable named like an option/stream = '1'": clashes('stream', '1'),
  "variable named like an option/http_errors = '0'": variable('http_errors', '0'),
  "variable named like an option/proxy = 'http://127.0.0.1:9'": variable('proxy', 'http://127.0.0.1:9'),
  "variable named like an option/cert = 'id'": ordinary('cert', 'id'),
  "variable named like an option/ssl_key = 'id'": ordinary('ssl_key', 'id'),
  "variable named like an option/sink = 'named-sink'": clashes('sink', 'named-sink'),
  'variable named like an option/sink = true': refused(variable('sink', true), /\bsink\b/),
  "variable named like an option/synchronous = '1'": variable('synchronous', '1'),
  "variable named like an option/idn_conversion = '1'": ordinary('idn_conversion', '1'),
  "variable named like an option/handler = 'h'": ordinary('handler', 'h'),
  "variable named like an option/headers = 'h'": refused(variable('headers', 'h'), /\bheaders\b/),
  "variable named like an option/headers = ['X-A'=>'b']": clashes('headers', { 'X-A': 'b' }),
  "variable named like an option/decode_content = 'id'": ordinary('decode_content', 'id'),
  "variable named like an option/expect = 'id'": variable('expect', 'id'),
  "variable named like an option/on_stats = 'strlen'": ordinary('on_stats', 'strlen'),
  "variable named like an option/on_headers = 'id'": ordinary('on_headers', 'id'),
  "variable named like an option/progress = 'id'": ordinary('progress', 'id'),
  "variable named like an option/force_ip_resolve = 'v4'": variable('force_ip_resolve', 'v4'),
  "variable named like an option/form_params = 'id'": ordinary('form_params', 'id'),
  "variable named like an option/multipart = 'id'": ordinary('multipart', 'id'),
  "variable named like an option/base_uri = 'http://other.example/'": clashes(
    'base_uri',
    'http://other.example/',
  ),
  "variable named like an option/allow_redirects = '1'": ordinary('allow_redirects', '1'),
  "variable named like an option/debug = ''": variable('debug', ''),
  "variable named like an option/connect_timeout = '3'": variable('connect_timeout', '3'),
  "variable named like an option/read_timeout = '3'": variable('read_timeout', '3'),
  "variable named like an option/curl = 'id'": ordinary('curl', 'id'),
  "variable named like an option/xml = 'id'": clashes('xml', 'id'),
  "variable named like an option/security = '1'": clashes('security', '1'),
  "variable named like an option/nonceless = '1'": clashes('nonceless', '1'),
}
