import { describe, expect, it } from 'vitest'
import { readDetails } from './details.ts'

const read = (...lines: string[]): { ids: Record<string, string>; description: string | undefined } => {
  const { ids, description } = readDetails([lines], [])
  return { ids: Object.fromEntries(ids), description }
}

describe('Details with the subfields of German banks', () => {
  it('are a remittance text, a name and a posting text', () => {
    expect(
      read(
        '166?00GUTSCHRIFT?109075/629?20Invoice 2026-17?21for March?30COBADEFFXXX?31DE02',
        '10?32MAX?33MUSTERMANN?34000',
      ),
    ).toEqual({ ids: {}, description: 'Invoice 2026-17 for March | MAX MUSTERMANN | GUTSCHRIFT' })
  })

  it('have identifiers, which go on in the next subfield when their own is full', () => {
    const { ids, description } = read(
      '171?00LASTSCHRIFT?20EREF+0123456789012345678901?21ABC?22KREF+EREF+X?23MREF+M-1?24CRED+DE98ZZZ0999',
      '9999999?25SVWZ+Order 4711 of Ma?26rch?32PETER',
    )

    expect(ids).toEqual({ EREF: '0123456789012345678901ABC', MREF: 'M-1', CRED: 'DE98ZZZ09999999999' })
    expect(description).toBe('Order 4711 of Ma rch | PETER | LASTSCHRIFT')
  })

  it('end an identifier with its subfield when that is not full', () => {
    expect(read('159?00RETOURE?20EREF+ORDER 40005?21MTLG:No reason given')).toEqual({
      ids: { EREF: 'ORDER 40005' },
      description: 'MTLG:No reason given | RETOURE',
    })
  })

  it('may have several keys in one subfield, and one that a line breaks', () => {
    expect(read('109?20EREF+A1.2 KREF+SEPA-1 MR', 'EF+M-1 CRED+DE41 SVWZ+Reasons?32TESTER').ids).toEqual({
      EREF: 'A1.2',
      KREF: 'SEPA-1',
      MREF: 'M-1',
      CRED: 'DE41',
    })
  })

  it('may say it again at the end of the text, with a colon', () => {
    expect(read('105?20SVWZ+Tax 3/2026 EREF: E-1 MREF:?21 M-1 IBAN: DE02').ids).toEqual({ EREF: 'E-1', MREF: 'M-1' })
  })

  it.each([
    ['>20One >21two', 'One two'],
    ['000>100987>20One', 'One'],
    ['020<00Przelew<20One<27PLN', 'One PLN | Przelew'],
    ['^20One^32Name', 'One | Name'],
    ['~20One~32Name', 'One | Name'],
    ['106?20What?? is 100?5 of?21 it', 'What?? is 100?5 of it'],
  ])('are read from "%s"', (text, description) => {
    expect(read(text).description).toBe(description)
  })
})

describe('Details with code words', () => {
  it('are a remittance text, a name and a type', () => {
    expect(
      read('/TRTP/SEPA OVERBOEKING/IBAN/NL02ABNA0123456789/BIC/ABNANL2A/NAME/J. Doe/REMI/Invoice 17/EREF/ORDER-17'),
    ).toEqual({ ids: { EREF: 'ORDER-17' }, description: 'Invoice 17 | J. Doe | SEPA OVERBOEKING' })
  })

  it('may be empty, and broken where a line is full', () => {
    const line = '/EREF/E-1/MARF/M-1/CSID/NL01/BENM//NAME/Somebody with a name so l'

    expect(line.length).toBe(65)
    expect(read(line, 'ong/REMI//ISDT/2026-03-03')).toEqual({
      ids: { EREF: 'E-1', MREF: 'M-1', CRED: 'NL01' },
      description: 'Somebody with a name so long',
    })
  })

  it('have the name of the other party in its place, and a structured reference', () => {
    expect(read('/EREF/E-1//CNTP/NL02INGB0000012345/INGBNL2A/J. DOE///REMI/STRD/CUR/9876543210123456/')).toEqual({
      ids: { EREF: 'E-1', STRD: '9876543210123456' },
      description: '9876543210123456 | J. DOE',
    })
    expect(read('/CNTP/NL02/INGBNL2A/J. DOE///REMI/USTD//Thank you/').description).toBe('Thank you | J. DOE')
  })

  it('are a text when none of them is a name or a remittance', () => {
    expect(read('/OCMT/USD1,/', 'PAYMENT 17').description).toBe('/OCMT/USD1,/ PAYMENT 17')
    expect(read('Invoice 1/NAME/2').description).toBe('Invoice 1/NAME/2')
  })
})

describe('Details as they come', () => {
  it('are joined where a line is full, and set apart where it is not', () => {
    expect(read('A'.repeat(65), 'B', 'C').description).toBe(`${'A'.repeat(65)}B C`)
  })

  it('have identifiers where they have keys, and the first of each counts', () => {
    expect(read('EREF+E-1 SVWZ+Thanks', 'EREF+E-2')).toEqual({ ids: { EREF: 'E-1' }, description: 'Thanks' })
  })

  it('take no word for none as an identifier', () => {
    expect(read('?20EREF+NOTPROVIDED?21KREF+NONREF?22MREF+').ids).toEqual({})
  })

  it('of several fields are one after the other, and nothing is said twice', () => {
    expect(readDetails([['one'], ['two'], ['one']], []).description).toBe('one | two')
    expect(readDetails([], []).description).toBeUndefined()
    expect(readDetails([['']], []).description).toBeUndefined()
  })

  it('may stand in a field NS', () => {
    expect(
      readDetails([], ['01Purpose 1', '02Purpose 2', '15Name', '16sake', '17Posting', '1812345', 'x']).description,
    ).toBe('Purpose 1 Purpose 2 | Namesake | Posting')
  })

  it('are read however hostile they are', () => {
    const hostile = [
      '/NAME'.repeat(1_600),
      `/REMI${'/'.repeat(8_000)}x`,
      'EREF+'.repeat(1_600),
      `?20${' '.repeat(8_000)}`,
    ]

    expect(hostile.map((text) => read(text).ids)).toEqual([{}, {}, {}, {}])
  })
})
