import aws4 from 'aws4'

export interface Endpoint {
  readonly url: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** An error that a service answered. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  /** The exception's name. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * Calls an operation of a JSON 1.1 service as any client does, signed.
 *
 * @param target the value of X-Amz-Target
 * @throws ServiceError for what the service refuses; what fetch throws when nobody answers
 */
export async function callService(
  endpoint: Endpoint,
  service: string,
  target: string,
  input: object,
  signal?: AbortSignal,
): Promise<unknown> {
  const url = new URL(endpoint.url)
  const signed = aws4.sign(
    {
      service,
      region: endpoint.region,
      method: 'POST',
      host: url.host,
      path: '/',
      headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': target },
      body: JSON.stringify(input),
    },
    endpoint,
  )
  // fetch names the host itself, and the length.
  const { Host: _host, 'Content-Length': _length, ...headers } = signed.headers as Record<string, string>
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body: signed.body as string,
    ...(signal && { signal }),
  })
  const text = await response.text()
  const answer = readJson(text)
  if (response.ok && answer) return answer
  const { __type: type, message, Message } = (answer ?? {}) as Record<string, string | undefined>
  throw new ServiceError(type ?? `HTTP ${response.status}`, message ?? Message ?? text.slice(0, 200))
}

function readJson(text: string): object | undefined {
  try {
    return Object(JSON.parse(text))
  } catch {
    return undefined
  }
}
