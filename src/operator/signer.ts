import type { Router } from 'express'
import type { Domain } from '../domain/domain.ts'
import { serverSigner } from '../domain/signer.ts'

/** The certificate by which signatures of this server are verified (`notation cert add --type ca`). */
export function signerRoutes(router: Router, domain: Domain): void {
  router.get('/_ecr-local/signer.pem', async (_request, response) => {
    const { certificate } = await serverSigner(domain)
    response.type('application/x-pem-file').send(`${certificate}\n`)
  })
}
