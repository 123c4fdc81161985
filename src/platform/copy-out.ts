import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import type { Connection, Submittable } from 'pg'

/** Kinds of PostgreSQL's messages, by their first byte: protocol 3, "Message Formats". */
const COPY_DATA = 0x64
const COPY_OUT_RESPONSE = 0x48
const ERROR = 0x45
/** These come in between at any time, and are the driver's. */
const NOTICE = 0x4e
const PARAMETER_STATUS = 0x53
const NOTIFICATION = 0x41

/** The first byte, and the length of all that follows it, itself included. */
const KIND_BYTES = 1
const HEAD_BYTES = 5

// What one write to a disk is worth; the server sends 8 KiB at a time.
const PIECE_BYTES = 256 * 1024

/**
 * The bytes that a `copy … to stdout` gives, to be handed to `client.query`. The server sends a message for every row: the
 * driver makes an object of each and hands on what one read of 8 KiB had, this moves rows together into large pieces. Whoever stops reading early leaves a connection that can be used: the rest is dropped.
 */
export class CopyOut extends Readable implements Submittable {
  readonly #text: string
  #connection: Connection | undefined
  #driver: ((bytes: Buffer) => void) | undefined
  #giveBack = (): void => undefined
  #piece = Buffer.alloc(0)
  #filled = 0
  /** Of a message whose rest is still to come. */
  #beginning: Buffer | undefined
  #wanted = false
  #dropping = false

  constructor(text: string) {
    super()
    this.#text = text
  }

  /** Called by the driver when it is this statement's turn. */
  submit(connection: Connection): void {
    const { stream } = connection
    const [driver, ...others] = stream.listeners('data')
    assert(driver !== undefined && others.length === 0, 'the driver alone listens to its connection')
    this.#connection = connection
    this.#driver = (bytes) => void driver.call(stream, bytes)
    stream.removeListener('data', driver as (bytes: Buffer) => void)
    stream.pause()
    stream.on('readable', this.#forward)
    connection.query(this.#text)
    this.#giveBack = () => {
      stream.removeListener('readable', this.#forward)
      stream.on('data', driver as (bytes: Buffer) => void)
      // What the driver does with the last bytes may pause the stream once more.
      process.nextTick(() => stream.resume())
    }
  }

  readonly #forward = (): void => {
    while (this.#wanted || this.#dropping) {
      const bytes: Buffer | null = this.#connection?.stream.read() ?? null
      if (bytes === null) return
      this.#wanted = this.#take(bytes)
    }
  }

  /** Takes the rows that are there in full. False when the reader has enough for now, or there are no more. */
  #take(next: Buffer): boolean {
    const bytes = this.#beginning === undefined ? next : Buffer.concat([this.#beginning, next])
    this.#beginning = undefined
    let [at, isOver, goesOn] = [0, false, true]
    while (bytes.length - at >= HEAD_BYTES) {
      const kind = bytes[at]
      const size = KIND_BYTES + bytes.readUInt32BE(at + KIND_BYTES)
      isOver = !this.#isOfCopy(kind)
      if (isOver || bytes.length - at < size) break
      if (kind === COPY_DATA) goesOn = this.#collect(bytes, at + HEAD_BYTES, at + size) && goesOn
      else if (kind !== COPY_OUT_RESPONSE) this.#driver?.(Buffer.from(bytes.subarray(at, at + size)))
      at += size
    }
    const rest = bytes.subarray(at)
    if (isOver) this.#finish(rest)
    else if (rest.length > 0) this.#beginning = rest
    return goesOn && !isOver
  }

  #collect(bytes: Buffer, start: number, end: number): boolean {
    if (this.#dropping) return true
    const isFull = this.#filled + end - start > this.#piece.length
    const goesOn = isFull ? this.#give() : true
    if (isFull) this.#piece = Buffer.allocUnsafe(Math.max(PIECE_BYTES, end - start))
    this.#filled += bytes.copy(this.#piece, this.#filled, start, end)
    return goesOn
  }

  #give(): boolean {
    const piece = this.#piece.subarray(0, this.#filled)
    this.#filled = 0
    return piece.length === 0 || this.push(piece)
  }

  #isOfCopy(kind: number | undefined): boolean {
    return (
      kind === COPY_DATA ||
      kind === COPY_OUT_RESPONSE ||
      kind === NOTICE ||
      kind === PARAMETER_STATUS ||
      kind === NOTIFICATION
    )
  }

  /** The end or an error: what comes from here on is the driver's. */
  #finish(rest: Buffer): void {
    const isError = rest[0] === ERROR
    this.#connection = undefined
    this.#dropping = false
    this.#giveBack()
    if (!isError && !this.destroyed) {
      this.#give()
      this.push(null)
    }
    this.#driver?.(rest)
  }

  override _read(): void {
    this.#wanted = true
    this.#forward()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#dropping = true
    this.#forward()
    done(error)
  }

  /** Called by the driver: the server refused, or the connection is gone. */
  handleError(error: Error): void {
    this.destroy(error)
  }

  handleCommandComplete(): void {
    // The end of the rows was the end.
  }

  handleReadyForQuery(): void {
    // The next statement is the driver's business.
  }
}
