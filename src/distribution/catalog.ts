import { authorize } from '../domain/authorize.ts'
import { type Exchange, refuseMethod } from './exchange.ts'
import { sendList } from './lists.ts'

/** The repositories of the registry (Docker registry HTTP API V2, "Catalog"). */
export async function answerCatalog(exchange: Exchange): Promise<void> {
  const { caller, domain, registry, request } = exchange
  if (request.method !== 'GET' && request.method !== 'HEAD') refuseMethod(exchange, 'GET, HEAD')
  await authorize(domain, { caller, action: 'ecr:DescribeRepositories', registry, repositoryName: '*' })
  await sendList(
    exchange,
    '/v2/_catalog',
    (page) =>
      domain.database.read(async (tx) =>
        (await tx.repositories.list(registry, page)).map(({ name }) => name),
      ),
    (repositories) => ({ repositories }),
  )
}
