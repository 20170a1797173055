import { createDecipheriv } from 'node:crypto'

/** Decrypts a file while it comes in. */
export interface FileDecipher {
  /** @returns what is decrypted of it by now; some may be held back until more of it is there */
  update(data: Buffer): Buffer
  /** The tag, 16 bytes, that stands at the end of the file. */
  setAuthTag(tag: Buffer): unknown
  /** @returns what was held back; throws unless the tag belongs to the file */
  final(): Buffer
}

/** An algorithm that files are encrypted with, other than AES-256-GCM. */
export interface FileCipher {
  /** What the platform calls it when it is asked for, such as `SM4_GCM`. */
  readonly algorithm: string
  /** Bytes of its keys: an answer does not name the algorithm, and its key tells. */
  readonly keyLength: number
  /** Begins a file. Throws for a nonce that it cannot have. */
  decipher(key: Buffer, nonce: Buffer): FileDecipher
}

export const TAG_LENGTH = 16

/** What is known without any configuration. */
export const AES_256_GCM: FileCipher = {
  algorithm: 'AEAD_AES_256_GCM',
  keyLength: 32,
  decipher: (key, nonce) => createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_LENGTH }),
}
