import type { IncomingMessage } from 'node:http'

/** Which door a request is for: nearly all are for the first two, which do without Express. */
export function whichDoor(request: IncomingMessage): 'registry' | 'ecr' | 'other' {
  if (/^\/(?:v2|layers)(?:[/?]|$)/.test(request.url ?? '')) return 'registry'
  return request.method === 'POST' && request.url === '/' && !isForm(request) ? 'ecr' : 'other'
}

/** Whether the body of a request is a form, as calls of STS have it. */
export function isForm({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false
}
