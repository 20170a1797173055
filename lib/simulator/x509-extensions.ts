import { createHash, type KeyObject } from 'node:crypto'
import { isIP, isIPv4 } from 'node:net'
import { bits, implicit, octets, oid, sequence, yes } from './der'

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

const critical = (id: string, value: Buffer): Buffer => sequence(oid(id), yes(), octets(value))
const plain = (id: string, value: Buffer): Buffer => sequence(oid(id), octets(value))

const identifier = (key: KeyObject): Buffer =>
  createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()

/** Whose key it is, and whose key vouches for it (RFC 5280, 4.2.1.1 and 4.2.1.2) */
const identifiers = (subject: KeyObject, issuer: KeyObject): Buffer[] => [
  plain('2.5.29.14', octets(identifier(subject))),
  plain('2.5.29.35', sequence(implicit(0, identifier(issuer)))),
]

/** May sign certificates and nothing else */
export const authorityExtensions = (key: KeyObject): Buffer[] => [
  critical('2.5.29.19', sequence(yes())),
  // keyCertSign and cRLSign
  critical('2.5.29.15', bits(Buffer.from([0x06]), 1)),
  ...identifiers(key, key),
]

const leaf = (purpose: string, subject: KeyObject, issuer: KeyObject): Buffer[] => [
  critical('2.5.29.19', sequence()),
  // digitalSignature and keyEncipherment
  critical('2.5.29.15', bits(Buffer.from([0xa0]), 5)),
  plain('2.5.29.37', sequence(oid(purpose))),
  ...identifiers(subject, issuer),
]

/** May be presented by clients */
export const clientExtensions = (subject: KeyObject, issuer: KeyObject): Buffer[] =>
  leaf(CLIENT_AUTH, subject, issuer)

/** The bytes of an IPv6 address, which URLs write in one way whatever was given */
const ipv6 = (address: string): Buffer => {
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '')
  const [left, right] = [groups(head), groups(tail)]
  const zeros = Array<string>(8 - left.length - right.length).fill('0')
  return Buffer.from([...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join(''), 'hex')
}

const generalName = (host: string): Buffer => {
  if (!isIP(host)) return implicit(2, Buffer.from(host))
  return implicit(7, isIPv4(host) ? Buffer.from(host.split('.').map(Number)) : ipv6(host))
}

/** May be presented by the server of these names and addresses */
export const serverExtensions = (
  hosts: readonly string[],
  subject: KeyObject,
  issuer: KeyObject,
): Buffer[] => [
  ...leaf(SERVER_AUTH, subject, issuer),
  plain('2.5.29.17', sequence(...hosts.map(generalName))),
]
