import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Digest } from '../rules/digest.ts'
import { API_VERSION } from './headers.ts'

/** The entity tag of content. It is a strong one: of one digest there are only the same bytes (RFC 9110, 8.8.1). */
export function entityTagOf(digest: Digest): string {
  return `"${digest}"`
}

/** Whether a client has the content already, as its `If-None-Match` says (RFC 9110, 13.1.2). */
export function isKnown({ headers }: IncomingMessage, entityTag: string): boolean {
  const known = headers['if-none-match']?.split(',').map((each) => each.trim().replace(/^W\//, '')) ?? []
  return known.includes(entityTag) || known.includes('*')
}

/** Whether a part goes with what a client has, so that its `Range` counts (`If-Range`; RFC 9110, 13.1.5). */
export function isPartWanted({ headers }: IncomingMessage, entityTag: string): boolean {
  return headers['if-range'] === undefined || headers['if-range'] === entityTag
}

/** Tells a client that what it has is what there is (RFC 9110, 15.4.5). */
export function sendNotModified(response: ServerResponse, digest: Digest): void {
  response.writeHead(304, { ...API_VERSION, ETag: entityTagOf(digest), 'Docker-Content-Digest': digest })
  response.end()
}
