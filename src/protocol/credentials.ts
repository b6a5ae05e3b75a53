/** What a signed request says of its signer. */
export interface Credential {
  readonly accessKeyId: string
  readonly region: string
}

/**
 * The signer of a request by its Authorization header or the query of a presigned URL. Undefined when it is
 * not signed, or not so that anybody could be read from it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
 */
export function credentialOf(authorization: string | undefined, url: string): Credential | undefined {
  const scope = authorization
    ? headerParameters(authorization).get('Credential')
    : queryOf(url).get('X-Amz-Credential')
  const parts = scope?.split('/') ?? []
  if (parts.length < 5) return undefined
  // An access key may hold slashes, the rest of a scope may not.
  const [, region = ''] = parts.slice(-4)
  return { accessKeyId: parts.slice(0, -4).join('/'), region }
}

/**
 * The parameters of an Authorization header, behind the name of its algorithm. Whoever verifies a signature and
 * whoever asks for the signer read them here: were a header read in two ways, one key could sign for another.
 */
export function headerParameters(authorization: string): ReadonlyMap<string, string> {
  const [, ...rest] = authorization.split(' ')
  const parts = rest.join('').split(',')
  return new Map(
    parts.map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)] as const),
  )
}

/** All that stands behind the first question mark. */
export function queryText(url: string): string {
  const query = url.indexOf('?')
  return query < 0 ? '' : url.slice(query + 1)
}

/** The parameters of a URL, for both who verify and who ask, as those of a header. */
export function queryOf(url: string): URLSearchParams {
  return new URLSearchParams(queryText(url))
}
