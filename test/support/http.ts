import { type IncomingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'

interface PlainRequest {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

export interface PlainAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** One request with exactly these headers, Host included, as fetch sends none. */
export async function plainRequest(
  url: string,
  { method = 'GET', headers = {}, body }: PlainRequest = {},
): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (response) => {
      text(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        reject,
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
