/** Reads a list to its end: what stands on each page. */
export async function allPages<Item>(
  fetch: (
    nextToken: string | undefined,
  ) => Promise<{ items: Item[] | undefined; nextToken: string | undefined }>,
): Promise<Item[][]> {
  const pages: Item[][] = []
  let token: string | undefined
  do {
    const { items, nextToken } = await fetch(token)
    pages.push(items ?? [])
    token = nextToken
  } while (token !== undefined)
  return pages
}

/** The token with its last character changed. */
export function altered(token: string | undefined): string {
  return `${token?.slice(0, -1)}${token?.endsWith('A') ? 'B' : 'A'}`
}
