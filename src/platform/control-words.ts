/**
 * Whether the words with which our readers name a control (`the number of records`, `charge: lines`) are of a count. Everything
 * else that a file states of itself is an amount, and is shown as money.
 */
export const isCount = (what: string): boolean =>
  /^the (?:number|records|rows|lines) of |^the rows in |: lines$|: there is none$| is missing$/.test(what)
