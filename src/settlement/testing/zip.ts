import { crc32, deflateRawSync } from 'node:zlib'

/** Makes a zip archive as a sender's program would (PKWARE APPNOTE 4.3), or one that no honest program makes. */
export type Member = {
  readonly name: string
  readonly bytes: Uint8Array
  /** Bit 0 says encrypted. */
  readonly flags?: number
  /** What the directory says, when it lies. */
  readonly statedSize?: number
}

export function zipOf(members: readonly Member[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const member of members) {
    const name = Buffer.from(member.name)
    const packed = deflateRawSync(member.bytes)
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20, 0)
    facts.writeUInt16LE(member.flags ?? 0, 2)
    facts.writeUInt16LE(8, 4)
    facts.writeUInt32LE(crc32(member.bytes), 10)
    facts.writeUInt32LE(packed.length, 14)
    facts.writeUInt32LE(member.statedSize ?? member.bytes.length, 18)
    facts.writeUInt16LE(name.length, 22)
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    const local = [Buffer.from('PK\u0003\u0004', 'latin1'), facts, name, packed]
    parts.push(...local)
    directory.push(Buffer.from('PK\u0001\u0002\u0014\u0000', 'latin1'), facts, rest, name)
    offset += local.reduce((sum, part) => sum + part.length, 0)
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\u0005\u0006', 'latin1')
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, central, end])
}
