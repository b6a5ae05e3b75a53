import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { ResponseReader } from './response-reader.ts'

export interface Response {
  readonly status: number
  /** The status line and the header lines. */
  readonly head: string
  /** Empty where a sink took it. */
  readonly body: Buffer
}

/** Takes the pieces of a body while they come; a piece is overwritten when the sink returns. */
export type Sink = (piece: Buffer) => void

export interface Sending {
  /** Follows the request, which has its length. */
  readonly body?: Iterable<Buffer>
  readonly sink?: Sink
}

/** Go writes a page of 32 KiB at a time, Node 64 KiB: larger than both, a read takes what there is. */
const READ_BYTES = 256 * 1024

/**
 * One keep-alive connection, for one request at a time. It knows just enough of HTTP/1.1 to read what the servers
 * answer: a client that knew more would be measured more than they. Where a server closes it, as moto's does after
 * each answer, the next request opens it again.
 */
export class Connection {
  readonly #port: number
  #socket: Socket | undefined
  #reader: ResponseReader | undefined
  #resolve: (response: Response) => void = () => {}
  #reject: (error: Error) => void = () => {}

  private constructor(port: number) {
    this.#port = port
  }

  static async open(port: number): Promise<Connection> {
    const connection = new Connection(port)
    await connection.#open()
    return connection
  }

  async #open(): Promise<Socket> {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
    const onread = {
      buffer,
      callback: (length: number) => {
        this.#read(buffer.subarray(0, length))
        return true
      },
    }
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true, onread })
    await once(socket, 'connect')
    socket.on('error', (error) => this.#reject(error))
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined
      this.#end()
    })
    this.#socket = socket
    return socket
  }

  /** Sends an encoded request, and answers when the response is whole. */
  async send(request: Buffer, { body, sink }: Sending = {}): Promise<Response> {
    const socket = this.#socket ?? (await this.#open())
    const isHead = request[0] === 0x48 // H
    const response = new Promise<Response>((resolve, reject) => {
      this.#reader = new ResponseReader(isHead, sink)
      this.#resolve = resolve
      this.#reject = reject
    })
    socket.write(request)
    if (!body) return response
    // A server that refuses early answers before it has read all.
    let isAnswered = false
    const answered = response.finally(() => {
      isAnswered = true
    })
    for (const piece of body) {
      if (isAnswered) break
      if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), answered])
    }
    return answered
  }

  close(): void {
    this.#reject = () => {}
    this.#socket?.destroy()
  }

  #read(bytes: Buffer): void {
    const reader = this.#reader
    if (!reader) return
    try {
      if (reader.take(bytes)) this.#finish(reader)
    } catch (error) {
      this.#reject(error as Error)
    }
  }

  #end(): void {
    const reader = this.#reader
    if (!reader) return
    if (reader.endsWithConnection) this.#finish(reader)
    else this.#reject(new Error('The server closed the connection before its answer was whole'))
  }

  #finish(reader: ResponseReader): void {
    this.#reader = undefined
    // What the server is about to close takes no other request.
    if (reader.closesConnection) {
      this.#socket?.destroy()
      this.#socket = undefined
    }
    this.#resolve(reader.response())
  }
}
