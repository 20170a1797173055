import { type Call, differs, type Run, refusal, refused, type Table } from './entry'

const absolute = (url: string): Call => {
  return (i) => i.chain(url).get()
}

const foreign = (url: string): Run =>
  differs(
    'signed requests go to WeChat Pay only, over https',
    absolute(url),
    refusal(/signed request|address/),
  )

export const absoluteUrl: Table = {
  'absolute url/absolute https': foreign('https://example.com/v3/x'),
  'absolute url/absolute http with port': foreign('http://example.com:8443/v3/x'),
  'absolute url/network path': foreign('//example.com/v3/x'),
  'absolute url/absolute with upper case': foreign('https://Example.com/V3/Abc'),
  'absolute url/absolute with userinfo': foreign('https://user:pass@example.com/v3/x'),
  'absolute url/absolute v2': foreign('https://example.com/v2/x'),
  'absolute url/file scheme': refused(absolute('file:///etc/hostname'), /address/),
  'absolute url/ftp scheme': foreign('ftp://example.com/x'),
  'absolute url/idn host': foreign('https://例子.测试/v3/x'),
  'absolute url/ip host': foreign('https://127.0.0.1/v3/x'),
  'absolute url/malformed': refused(absolute('http:///x'), /address/),
  'absolute url/only scheme': refused(absolute('mailto:a@b.c'), /address/),
}
