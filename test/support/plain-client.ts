/** A client of both doors without a library, for programs that are measured, or killed, while they answer. */
export interface PlainClient {
  /** Calls an operation of the API. */
  call(operation: string, input: object): Promise<Answer>
  /** Sends a request to the registry door, logged in. */
  send(method: string, path: string, init?: RequestInit & { duplex?: 'half' }): Promise<Response>
}

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: who calls knows what is answered
  readonly body: any
}

export async function plainClient(url: string): Promise<PlainClient> {
  async function call(operation: string, input: object): Promise<Answer> {
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AmazonEC2ContainerRegistry_V20150921.${operation}`,
    }
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(input) })
    return { status: response.status, body: await response.json() }
  }
  const { body } = await call('GetAuthorizationToken', {})
  const authorization = `Basic ${body.authorizationData[0].authorizationToken}`
  return {
    call,
    send: (method, path, init = {}) =>
      fetch(new URL(path, url), { ...init, method, headers: { authorization, ...init.headers } }),
  }
}
