/** Something that the file does not prove. An `error` is a choice that must not be made for anybody. */
export type Doubt = {
  readonly severity: 'error' | 'warning'
  readonly code: string
  /** Counted from 1; 0 when it is about the file as a whole. */
  readonly column: number
  readonly message: string
}
