import { authorizeAllWithin } from '../domain/authorize.ts'
import { type Exchange, refuseMethod } from './exchange.ts'
import { pageOf, sendList } from './lists.ts'

/** The repositories of the registry (Docker registry HTTP API V2, "Catalog"). */
export async function answerCatalog(exchange: Exchange): Promise<void> {
  const { caller, domain, registry, request } = exchange
  if (request.method !== 'GET' && request.method !== 'HEAD') refuseMethod(exchange, 'GET, HEAD')

  const repositories = await domain.database.read(async (tx) => {
    const access = { caller, registry, repositoryName: '*', now: domain.clock.now() }
    await authorizeAllWithin(tx, access, ['ecr:DescribeRepositories'])
    return tx.repositories.listNames(registry, pageOf(exchange))
  })

  sendList(exchange, '/v2/_catalog', repositories, `{"repositories":${repositories.json}}`)
}
