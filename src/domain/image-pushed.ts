import type { Image, Repository, Writes } from '../store/database.ts'
import type { Domain } from './domain.ts'
import { emitImageAction } from './events.ts'
import { requestReplication } from './replication.ts'
import { scanOnPush } from './request-scan.ts'
import { requestSignatures } from './signing-configuration.ts'

/** What a push brings with it beside the image: told and enqueued in the transaction that stores it. */
export async function imagePushed(
  tx: Writes,
  domain: Domain,
  repository: Repository,
  image: Image,
  tag: string | undefined,
): Promise<void> {
  await emitImageAction(tx, domain, repository, image, { 'action-type': 'PUSH', 'image-tag': tag })
  await requestSignatures(tx, domain, repository, image)
  await scanOnPush(tx, domain, repository, image)
  await requestReplication(tx, domain, repository, image, tag)
}
