import { beforeAll, describe, expect, it } from 'vitest'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { nameUnknown, ociParameter, toldBy } from '../support/oci-errors.ts'
import { NAME_CONSTRAINT } from '../support/refusals.ts'
import { jsonOf, registryClient } from '../support/registry.ts'

const NEXT = /^<([^>]+)>; rel="next"$/

const ecr = emulator()
const client = registryClient(ecr)

/** All pages from a path on, as a client follows them. */
async function follow(path: string, member: 'tags' | 'repositories'): Promise<string[][]> {
  const pages: string[][] = []
  for (let next: string | undefined = path; next !== undefined; ) {
    const response = await client.send(next)
    pages.push((await jsonOf(response))[member])
    next = NEXT.exec(response.headers.get('link') ?? '')?.[1]
  }
  return pages
}

describe.each([
  ['/v2/my/tags/list', 'tags'],
  ['/v2/_catalog', 'repositories'],
] as const)('GET %s', (url, member) => {
  // A registry of its own, as the catalog is the registry's: names and tags are the same.
  const ITEMS = ['1.0', '1.0-rc.1', 'b_c', 'latest', 'z9']
  const identity = { region: member === 'tags' ? 'eu-west-1' : 'eu-west-3' }
  const own = registryClient(ecr, identity)
  const list = async (query = '') => jsonOf(own.send(url + query))
  const shape = (items: string[]) =>
    member === 'tags' ? { name: 'my', tags: items } : { repositories: items }

  beforeAll(async () => {
    if (member === 'repositories')
      for (const repositoryName of [...ITEMS].reverse())
        await aRepository(ecr.client(identity), { repositoryName })
    else {
      await aRepository(ecr.client(identity), { repositoryName: 'my' })
      const { text } = await own.pushImage('my')
      for (const tag of [...ITEMS].reverse()) await own.putManifest('my', tag, text)
    }
  })

  it.each(['x', '-1', '1.5', '1e3', '0x1', '%201', 'all'])('refuses n=%s', async (n) => {
    const refusal = ociParameter('maxResults', 'Member must be a whole number', 400)
    expect(await toldBy(own.send(`${url}?n=${n}`))).toEqual(refusal)
  })

  it('answers all, in their order', async () => {
    const response = await own.send(url)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.has('link')).toBe(false)
    expect(await jsonOf(response)).toEqual(shape(ITEMS))
  })

  it.each<[string, string[]]>([
    ['?n=', ITEMS],
    ['?n=5', ITEMS],
    ['?n=1000', ITEMS],
    ['?n=99999999999999999999', ITEMS],
    ['?n=2', ITEMS.slice(0, 2)],
    ['?n=0', []],
    ['?last=b_c', ['latest', 'z9']],
    ['?last=c', ['latest', 'z9']],
    ['?last=', ITEMS],
    ['?last=z9', []],
    ['?n=1&last=b_c', ['latest']],
    ['?last=b_c&n=1', ['latest']],
  ])('answers %s', async (query, items) => {
    expect(await list(query)).toEqual(shape(items))
  })

  it.each<[string, string | null]>([
    ['?n=2', `<${url}?last=1.0-rc.1&n=2>; rel="next"`],
    ['?n=2&last=1.0-rc.1', `<${url}?last=latest&n=2>; rel="next"`],
    ['?n=2&last=latest', null],
    ['?n=5', null],
    ['?n=0', null],
    ['?last=b_c', null],
  ])('links %s to what follows', async (query, link) => {
    expect((await own.send(url + query)).headers.get('link')).toBe(link)
  })

  it('answers HEAD without a body', async () => {
    const response = await own.send(url, { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect(response.headers.get('content-length')).toBe(String(JSON.stringify(shape(ITEMS)).length))
  })
})

describe('GET tags/list', () => {
  it('refuses a name that no repository has', async () => {
    const refusal = ociParameter('repositoryName', NAME_CONSTRAINT, 400, 'NAME_INVALID')
    expect(await toldBy(client.send('/v2/Upper/tags/list'))).toEqual(refusal)
  })

  it.each(['', '?n=0', '?n=1', '?last=a'])('knows no repository that is missing: %s', async (query) => {
    expect(await toldBy(client.send(`/v2/no/such/tags/list${query}`))).toEqual(nameUnknown('no/such'))
  })

  it('is empty for a repository without tags', async () => {
    const name = await aRepository(ecr.client())
    await client.pushImage(name)
    expect(await jsonOf(client.send(`/v2/${name}/tags/list`))).toEqual({ name, tags: [] })
  })

  it('follows what is pushed and deleted', async () => {
    const name = await aRepository(ecr.client())
    await client.pushImage(name, 'one')
    await client.pushImage(name, 'two')
    await client.send(`/v2/${name}/manifests/one`, { method: 'DELETE' })
    expect(await jsonOf(client.send(`/v2/${name}/tags/list`))).toEqual({ name, tags: ['two'] })
  })

  it('answers more than a thousand tags at once, and page by page', async () => {
    const name = await aRepository(ecr.client())
    const tags = Array.from({ length: 1050 }, (_, index) => `v${String(index).padStart(4, '0')}`)
    const texts = [(await client.pushImage(name)).text, (await client.pushImage(name)).text] as const
    for (const [index, tag] of tags.entries()) await client.putManifest(name, tag, texts[index < 600 ? 0 : 1])
    const url = `/v2/${name}/tags/list`
    expect(await follow(url, 'tags')).toEqual([tags])
    const pages = await follow(`${url}?n=250`, 'tags')
    expect(pages.map((page) => page.length)).toEqual([250, 250, 250, 250, 50])
    expect(pages.flat()).toEqual(tags)
  })
})

describe('GET _catalog', () => {
  it('is empty for a registry without repositories', async () => {
    const { send } = registryClient(ecr, { region: 'ap-east-1' })
    expect(await jsonOf(send('/v2/_catalog'))).toEqual({ repositories: [] })
  })

  it("has the caller's region alone", async () => {
    const region = 'ca-west-1'
    const repositoryName = await aRepository(ecr.client({ region }))
    const { send } = registryClient(ecr, { region })
    expect(await jsonOf(send('/v2/_catalog'))).toEqual({ repositories: [repositoryName] })
  })
})
