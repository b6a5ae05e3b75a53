import type { Response, Sink } from './connection.ts'

const HEAD_END = '\r\n\r\n'
const CHUNKS_END = Buffer.from('0\r\n\r\n')
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i
const CHUNKED = /\r\ntransfer-encoding: *chunked/i
const CLOSES = /\r\nconnection: *close/i

/** Reads one response from the bytes of a connection, as they come. */
export class ResponseReader {
  readonly #isHead: boolean
  readonly #sink: Sink | undefined
  #head = ''
  /** Undefined: by chunks, or to the end of the connection. */
  #length: number | undefined
  #isChunked = false
  #received = 0
  #early: Buffer = Buffer.alloc(0)
  #pieces: Buffer[] = []
  #body: Buffer = Buffer.alloc(0)

  constructor(isHead: boolean, sink: Sink | undefined) {
    this.#isHead = isHead
    this.#sink = sink
  }

  /** Takes what came, and tells whether the response is whole. */
  take(bytes: Buffer): boolean {
    if (this.#head) return this.#takeBody(bytes)
    const all = this.#early.length > 0 ? Buffer.concat([this.#early, bytes]) : bytes
    const end = all.indexOf(HEAD_END)
    if (end < 0) {
      this.#early = Buffer.from(all)
      return false
    }
    this.#head = all.toString('latin1', 0, end)
    this.#length = this.#lengthOfBody()
    return this.#takeBody(all.subarray(end + HEAD_END.length))
  }

  get closesConnection(): boolean {
    return this.endsWithConnection || CLOSES.test(this.#head) || this.#head.startsWith('HTTP/1.0')
  }

  /** Whether the end of the connection is the end of the response. */
  get endsWithConnection(): boolean {
    return this.#head !== '' && this.#length === undefined && !this.#isChunked
  }

  response(): Response {
    if (this.endsWithConnection) this.#body = Buffer.concat(this.#pieces)
    return { status: this.#status, head: this.#head, body: this.#body }
  }

  get #status(): number {
    return Number(this.#head.slice(9, 12))
  }

  #lengthOfBody(): number | undefined {
    if (this.#isHead || this.#status === 204 || this.#status === 304) return 0
    this.#isChunked = CHUNKED.test(this.#head)
    const length = CONTENT_LENGTH.exec(this.#head)
    return length ? Number(length[1]) : undefined
  }

  #takeBody(bytes: Buffer): boolean {
    const before = this.#received
    this.#received += bytes.length
    if (this.#length === undefined) {
      this.#pieces.push(Buffer.from(bytes))
      return this.#isChunked && this.#takeChunks(bytes)
    }
    if (this.#received > this.#length) throw new Error('The server sent more than its answer')
    // What refuses is told with its body, which is none of the sink's.
    if (this.#sink && this.#status < 300) this.#sink(bytes)
    else {
      if (before === 0) this.#body = Buffer.allocUnsafe(this.#length)
      bytes.copy(this.#body, before)
    }
    return this.#received === this.#length
  }

  /** Only what ends as the last chunk does is looked at: it may be part of another chunk all the same. */
  #takeChunks(bytes: Buffer): boolean {
    const couldEnd =
      bytes.length >= CHUNKS_END.length
        ? bytes.subarray(-CHUNKS_END.length).equals(CHUNKS_END)
        : bytes.length > 0
    const body = couldEnd ? decodeChunks(Buffer.concat(this.#pieces)) : undefined
    if (body) this.#body = body
    return body !== undefined
  }
}

/** The body in these chunks, or undefined where the last one is missing. */
function decodeChunks(bytes: Buffer): Buffer | undefined {
  const pieces: Buffer[] = []
  for (let offset = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', offset)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', offset, lineEnd), 16)
    const start = lineEnd + 2
    if (start + size + 2 > bytes.length) return undefined
    if (size === 0) return Buffer.concat(pieces)
    pieces.push(bytes.subarray(start, start + size))
    offset = start + size + 2
  }
}
