const SCIENTIFIC = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?[eE]([+-]?\d{1,3})$/
/** As many places as any number of ours has on either side. */
const MAX_PLACES = 40

/** A number in scientific notation in plain digits, exactly: `1.5E+2` is `150`. Every other text stays as it is. */
export function plainNumber(text: string): string {
  const match = SCIENTIFIC.exec(text)
  if (match === null) return text
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const digits = whole + fraction
  const point = whole.length + Number(exponent)
  if (point > MAX_PLACES || point < -MAX_PLACES) return text
  const padded = digits.padStart(digits.length - Math.min(point - 1, 0), '0').padEnd(point, '0')
  const at = Math.max(point, 1)
  const decimals = padded.slice(at).replace(/0+$/, '')
  return `${sign}${padded.slice(0, at)}${decimals === '' ? '' : `.${decimals}`}`
}
