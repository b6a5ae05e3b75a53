import type { Router } from 'express'
import { z } from 'zod'
import type { Domain } from '../domain/domain.ts'
import { type Explanation, explain } from '../domain/explain.ts'
import { accountOf } from '../rules/policy/principals.ts'
import type { Registry } from '../rules/registry.ts'
import { UnusableRequest } from './errors.ts'
import { parseRegistry } from './registry.ts'

/** What `POST /_ecr-local/explain` takes, but that it names the registry as `<account>/<region>`. */
export interface AccessQuestion {
  /** An ARN, the number of an account, or a service: `lambda.amazonaws.com`. */
  readonly principal: string
  /** `BatchGetImage`, or `ecr:BatchGetImage`. */
  readonly action: string
  readonly registry: Registry
  /** A name; none for what concerns no repository. */
  readonly repository?: string | undefined
  /** Values of condition keys: `{ "aws:SourceIp": "10.0.0.1" }`. */
  readonly context?: Readonly<Record<string, string | readonly string[]>> | undefined
}

const explainBody = z.strictObject({
  principal: z.string(),
  action: z.string(),
  registry: z.string(),
  repository: z.string().optional(),
  context: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
})

/**
 * Whether the policies let a principal do something, and which statement decided.
 *
 * @throws UnusableRequest
 */
export async function explainAccess(domain: Domain, question: AccessQuestion): Promise<Explanation> {
  const { principal, action, registry, repository, context = {} } = question
  const accountId = accountOf(principal)
  if (accountId === undefined)
    throw new UnusableRequest(
      `"principal" is an account, the ARN of a root, user, role or session, or a service; got "${principal}"`,
    )
  return explain(domain, {
    caller: {
      accountId,
      principalArn: principal === accountId ? `arn:aws:iam::${principal}:root` : principal,
    },
    action: action.startsWith('ecr:') ? action : `ecr:${action}`,
    registry,
    repositoryName: repository,
    facts: {
      given: new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), [value].flat()])),
    },
  })
}

export function explainRoutes(router: Router, domain: Domain): void {
  router.post('/_ecr-local/explain', async (request, response) => {
    const { registry, ...question } = explainBody.parse(request.body ?? {})
    response.json(await explainAccess(domain, { ...question, registry: parseRegistry(registry) }))
  })
}
