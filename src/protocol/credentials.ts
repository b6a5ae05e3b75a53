/** What a signed request says of its signer. */
export interface Credential {
  readonly accessKeyId: string
  /** As in the scope: `20261124`. */
  readonly date: string
  readonly region: string
  readonly service: string
}

const HEADER_CREDENTIAL = /\bCredential=([^\s,]+)/

/**
 * The signer of a request by its Authorization header or the query of a presigned URL. Undefined when it is
 * not signed, or not so that anybody could be read from it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
 */
export function credentialOf(authorization: string | undefined, url: string): Credential | undefined {
  const scope = authorization ? HEADER_CREDENTIAL.exec(authorization)?.[1] : presignedScope(url)
  const parts = scope?.split('/') ?? []
  if (parts.length < 5) return undefined
  // An access key may hold slashes, the rest of a scope may not.
  const [date = '', region = '', service = ''] = parts.slice(-4)
  return { accessKeyId: parts.slice(0, -4).join('/'), date, region, service }
}

function presignedScope(url: string): string | undefined {
  const query = url.indexOf('?')
  if (query < 0 || !url.includes('X-Amz-Credential')) return undefined
  return new URLSearchParams(url.slice(query)).get('X-Amz-Credential') ?? undefined
}
