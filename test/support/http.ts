import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { text } from 'node:stream/consumers'

interface PlainRequest {
  readonly method?: string
  readonly headers?: Record<string, string | string[]>
  readonly body?: string
  /** Of HTTPS: what it trusts, and the name that it asks for. */
  readonly tls?: Pick<RequestOptions, 'ca' | 'servername' | 'agent' | 'rejectUnauthorized'>
}

export interface PlainAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** One request with exactly these headers, Host included, as fetch sends none. */
export async function plainRequest(
  url: string,
  { method = 'GET', headers = {}, body, tls = {} }: PlainRequest = {},
): Promise<PlainAnswer> {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false, ...tls }, (response) => {
      text(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        reject,
      )
    })
    sent.on('error', reject)
    // Before a body that is text, Node would write the headers as UTF-8 too.
    sent.end(body === undefined ? undefined : Buffer.from(body))
  })
}
