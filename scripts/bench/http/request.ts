import type { Connection, Response, Sending } from './connection.ts'

export interface RequestParts {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
  /** Of a body that is sent apart. */
  readonly bodyBytes?: number
}

/** A request as it goes over the wire. */
export function encode(
  host: string,
  { method, path, headers = {}, body = '', bodyBytes }: RequestParts,
): Buffer {
  const bytes = Buffer.from(body)
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, 'User-Agent: bench']
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  const length = bodyBytes ?? bytes.length
  if (length > 0 || (method !== 'GET' && method !== 'HEAD')) lines.push(`Content-Length: ${length}`)
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), bytes])
}

/** Sends a request; any other status than the expected one is an error that tells what was answered. */
export async function demand(
  connection: Connection,
  expected: number,
  request: Buffer,
  sending?: Sending,
): Promise<Response> {
  const response = await connection.send(request, sending)
  if (response.status !== expected) {
    const line = request.toString('latin1', 0, request.indexOf('\r\n'))
    throw new Error(`${line} answered ${response.status}, not ${expected}: ${response.body.subarray(0, 300)}`)
  }
  return response
}

/** The value of a header line, or undefined. */
export function header({ head }: Response, name: string): string | undefined {
  return new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i').exec(head)?.[1]
}
