import { findRepository } from '../domain/domain.ts'
import { type Exchange, enterWithin, refuseMethod } from './exchange.ts'
import { pageOf, sendList } from './lists.ts'

/** end-8: the tags of a repository, in the order of their bytes. */
export async function answerTags(exchange: Exchange, name: string): Promise<void> {
  const { domain, request } = exchange
  if (request.method !== 'GET' && request.method !== 'HEAD') refuseMethod(exchange, 'GET, HEAD')

  const tags = await domain.database.read(async (tx) => {
    const reference = await enterWithin(tx, exchange, 'ecr:ListImages', name)
    const page = pageOf(exchange)
    const { id } = await findRepository(tx, reference)
    return tx.images.listTags(id, page)
  })

  const json = `{"name":${JSON.stringify(name)},"tags":${tags.json}}`
  sendList(exchange, `/v2/${name}/tags/list`, tags, json)
}
