import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { PgpKey } from './source.ts'

const ENCRYPTED = /\.(?:pgp|gpg|asc)$/i
// The whole message is in memory until its integrity is proven: nothing of it is used before.
const ENCRYPTED_BYTES_MAX = 256 * 1024 ** 2
const PLAIN_BYTES_MAX = 1024 ** 3
const ARMOUR = '-----BEGIN PGP'

/** Why a message cannot be decrypted, as a sentence. */
export class Undecryptable extends Error {
  override readonly name = 'Undecryptable'
}

export const isEncrypted = (name: string): boolean => ENCRYPTED.test(name)

/** The name of what is in an encrypted file. */
export const plainName = (name: string): string => name.replace(ENCRYPTED, '')

/**
 * Decrypts an OpenPGP message, armoured or not (RFC 9580), with the key of the source. A signature in it is not checked: it
 * is the host key, or whoever may write to the folder, that says who sent it. Throws `Undecryptable` for what is wrong
 * with the message, anything else for what is wrong with the key.
 */
export async function decrypt(path: string, key: PgpKey): Promise<Uint8Array> {
  const { size } = await stat(path)
  if (size > ENCRYPTED_BYTES_MAX)
    throw new Undecryptable(`It is encrypted and has ${size} bytes; at most ${ENCRYPTED_BYTES_MAX} can be decrypted.`)
  // Loaded only by those who have such a source.
  const openpgp = await import('openpgp')
  const decryptionKeys = await unlocked(openpgp, key)
  try {
    const bytes = await bytesOf(path)
    const isArmoured = Buffer.from(bytes.subarray(0, 64)).toString('latin1').trimStart().startsWith(ARMOUR)
    const message = isArmoured
      ? await openpgp.readMessage({ armoredMessage: Buffer.from(bytes).toString('latin1') })
      : await openpgp.readMessage({ binaryMessage: bytes })
    const { data } = await openpgp.decrypt({
      message,
      decryptionKeys,
      format: 'binary',
      config: { maxDecompressedMessageSize: PLAIN_BYTES_MAX },
    })
    return data
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Undecryptable(`It cannot be decrypted with the key of this source: ${why.replace(/\.$/, '')}.`, {
      cause: error,
    })
  }
}

async function bytesOf(path: string): Promise<Uint8Array> {
  const pieces: Buffer[] = []
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function unlocked(openpgp: typeof import('openpgp'), { privateKeyFile, passphraseFile }: PgpKey) {
  try {
    const bytes = await readFile(privateKeyFile)
    const text = bytes.toString('latin1')
    const privateKey = text.trimStart().startsWith(ARMOUR)
      ? await openpgp.readPrivateKey({ armoredKey: text })
      : await openpgp.readPrivateKey({ binaryKey: bytes })
    if (passphraseFile === undefined) return privateKey
    const passphrase = (await readFile(passphraseFile, 'utf8')).replace(/\r?\n$/, '')
    return await openpgp.decryptKey({ privateKey, passphrase })
  } catch (error) {
    // The library's words could repeat what they are about; which file it is suffices.
    throw new Error(`the private key ${privateKeyFile} cannot be used, or its passphrase is not right`, {
      cause: error,
    })
  }
}
