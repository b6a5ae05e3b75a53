import type { Router } from 'express'
import { z } from 'zod'
import type { Domain } from '../domain/domain.ts'
import { type LifecycleChoice, type LifecycleReport, runLifecycle } from '../domain/run-lifecycle.ts'
import { UnusableRequest } from './errors.ts'
import { parseRegistry } from './registry.ts'

/** What `POST /_ecr-local/lifecycle` takes. */
const lifecycleBody = z.strictObject({
  repository: z.string().optional(),
  registry: z.string().optional(),
  dryRun: z.boolean().optional(),
})

/** Which policies, and how; see `LifecycleChoice`. */
export interface LifecycleQuestion extends Omit<LifecycleChoice, 'repositoryName'> {
  /** The name of a repository, in whichever registry. */
  readonly repository?: string | undefined
}

/**
 * Evaluates lifecycle policies now, and does what they say unless it is a dry run.
 *
 * @throws UnusableRequest when a repository is named that has no policy
 */
export async function evaluateLifecycle(
  domain: Domain,
  { repository, ...choice }: LifecycleQuestion,
): Promise<LifecycleReport[]> {
  const reports = await runLifecycle(domain, { repositoryName: repository, ...choice })
  if (repository !== undefined && reports.length === 0)
    throw new UnusableRequest(`There is no repository "${repository}" with a lifecycle policy`)
  return reports
}

export function lifecycleRoutes(router: Router, domain: Domain): void {
  router.post('/_ecr-local/lifecycle', async (request, response) => {
    const { registry, ...question } = lifecycleBody.parse(request.body ?? {})
    const chosen = registry === undefined ? undefined : parseRegistry(registry)
    response.json(await evaluateLifecycle(domain, { registry: chosen, ...question }))
  })
}
