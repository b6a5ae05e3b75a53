import { findRepository } from '../domain/domain.ts'
import { type Exchange, enter, refuseMethod } from './exchange.ts'
import { sendList } from './lists.ts'

/** end-8: the tags of a repository, in the order of their bytes. */
export async function answerTags(exchange: Exchange, name: string): Promise<void> {
  const { method } = exchange.request
  if (method !== 'GET' && method !== 'HEAD') refuseMethod(exchange, 'GET, HEAD')
  const reference = await enter(exchange, 'ecr:ListImages', name)
  await sendList(
    exchange,
    `/v2/${name}/tags/list`,
    (page) =>
      exchange.domain.database.read(async (tx) => {
        const { id } = await findRepository(tx, reference)
        return tx.images.listTags(id, page)
      }),
    (tags) => ({ name, tags }),
  )
}
