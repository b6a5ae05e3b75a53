import { type Filling, fillingOf } from '../filling.ts'
import { Connection } from '../http/connection.ts'
import { Repository } from '../http/registry.ts'
import { demand, encode, header } from '../http/request.ts'
import type { Operation } from '../load.ts'
import type { Server } from '../server.ts'
import type { Stage } from './scenario.ts'

const PAGE = 100
/** So many that a repository of 100 tags is still a small one after all rounds. */
const PUSHES_OF_A_ROUND = 100

/** What the tags of a repository cost that has so many of them. */
export function tags(count: number): Stage<'page' | 'all' | 'push'> {
  const amount = `${count.toLocaleString('en')} tags`
  const filling = fillingOf('tagged', count)
  return {
    door: 'registry',
    scenarios: [
      { name: `tags list of ${amount}, first page of ${PAGE}, 1 client`, work: 'page', clients: 1 },
      { name: `tags list of ${amount}, all, 1 client`, work: 'all', clients: 1 },
      {
        name: `push of a manifest by a new tag beside ${amount}, 1 client`,
        work: 'push',
        clients: 1,
        atMost: PUSHES_OF_A_ROUND,
        writes: true,
      },
    ],
    filling: () => filling,
    async prepare(server) {
      const repository = Repository.of(server, filling.repositoryName)
      const connection = await Connection.open(server.port)
      await repository.pushBlob(connection, filling.config)
      await repository.pushBlob(connection, filling.layer)
      connection.close()
      const pushed: string[] = []
      return {
        page: { operation: lists(server, filling, `?n=${PAGE}`, filling.tags.slice(0, PAGE)) },
        all: { operation: lists(server, filling, '', filling.tags) },
        push: {
          async operation(each, index) {
            const tag = `w${index}`
            await repository.pushManifest(each, filling.manifestOf(tag), tag)
            pushed.push(tag)
          },
          async check() {
            const each = await Connection.open(server.port)
            for (const tag of pushed) await repository.pullManifest(each, filling.manifestOf(tag), tag)
            each.close()
          },
        },
      }
    },
  }
}

/** Lists tags until there are as many as expected, or no more pages: some servers answer by less than is asked for. */
function lists(
  server: Server,
  { repositoryName }: Filling,
  query: string,
  expected: readonly string[],
): Operation {
  const path = `/v2/${repositoryName}/tags/list`
  const first = encode(server.host, { method: 'GET', path: path + query, headers: server.login })
  return async (connection) => {
    let answer = await demand(connection, 200, first)
    const listed: string[] = JSON.parse(answer.body.toString()).tags
    while (listed.length < expected.length) {
      const next = nextOf(header(answer, 'link'), server)
      if (!next) break
      answer = await demand(connection, 200, next)
      listed.push(...JSON.parse(answer.body.toString()).tags)
    }
    const isRight = listed.length === expected.length && expected.every((tag, index) => listed[index] === tag)
    if (!isRight)
      throw new Error(`The tags list has ${listed.length} tags, and not the ${expected.length} expected`)
  }
}

/** The request for the next page by a Link header (RFC 8288). */
function nextOf(link: string | undefined, { host, login }: Server): Buffer | undefined {
  const target = /<([^>]+)>/.exec(link ?? '')?.[1]
  if (!target) return undefined
  const { pathname, search } = new URL(target, `http://${host}`)
  return encode(host, { method: 'GET', path: pathname + search, headers: login })
}
