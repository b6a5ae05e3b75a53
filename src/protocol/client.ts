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
  const headers = { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': target }
  const response = await post(endpoint, service, headers, JSON.stringify(input), signal)
  const text = await textOf(response)
  const answer = readJson(text)
  if (response.ok && answer) return answer
  const { __type: type, message, Message } = (answer ?? {}) as Record<string, string | undefined>
  throw new ServiceError(type ?? `HTTP ${response.status}`, message ?? Message ?? text.slice(0, 200))
}

/**
 * The endpoint as it is for a role, by the temporary credentials that STS gives out there.
 *
 * @throws ServiceError for what STS refuses; what fetch throws when nobody answers
 */
export async function assumeRole(
  endpoint: Endpoint,
  roleArn: string,
  sessionName: string,
  signal?: AbortSignal,
): Promise<Endpoint> {
  const input = {
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: sessionName,
  }
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' }
  const response = await post(endpoint, 'sts', headers, `${new URLSearchParams(input)}`, signal)
  const text = await textOf(response)
  const [accessKeyId, secretAccessKey, sessionToken] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken'].map(
    (name) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1],
  )
  if (!accessKeyId || !secretAccessKey || !sessionToken)
    throw new ServiceError(`HTTP ${response.status}`, text.slice(0, 200))
  return { ...endpoint, accessKeyId, secretAccessKey, sessionToken }
}

async function post(
  endpoint: Endpoint,
  service: string,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const url = new URL(endpoint.url)
  const { region } = endpoint
  const request = { service, region, method: 'POST', host: url.host, path: '/', headers, body }
  const signed = aws4.sign(request, endpoint)
  // fetch names the host itself, and the length.
  const { Host: _host, 'Content-Length': _length, ...others } = signed.headers as Record<string, string>
  // No service leads elsewhere, where what is signed for this one would be told.
  return fetch(url, { method: 'POST', headers: others, body, redirect: 'manual', ...(signal && { signal }) })
}

/** More than any answer that is asked for here. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/** The whole body. Its reader, when it throws, ends the answer too. */
async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) throw new Error(`The answer has more than ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size).toString('utf8')
}

function readJson(text: string): object | undefined {
  try {
    return Object(JSON.parse(text))
  } catch {
    return undefined
  }
}
