import { setImmediate } from 'node:timers/promises'
import { type Decision, evaluate, explainer, type RuleVerdict } from '../lifecycle/evaluate.ts'
import { type Act, planActs } from '../lifecycle/plan.ts'
import { ACTIONS, parsePolicy } from '../lifecycle/policy.ts'
import { type Registry, registryKey } from '../rules/registry.ts'
import type { Repository } from '../store/database.ts'
import { carryOut, type WithPolicy } from './carry-out-lifecycle.ts'
import type { Domain } from './domain.ts'
import { inTurns } from './in-turns.ts'
import { lifecycleCandidates } from './lifecycle-candidates.ts'
import { messages } from './messages.ts'

/** Which policies are evaluated, and how. Without any member: all, and what they say is done. */
export interface LifecycleChoice {
  readonly registry?: Registry | undefined
  /** A repository of this name, in whichever registry. */
  readonly repositoryName?: string | undefined
  /** Explains each image, and changes nothing. */
  readonly dryRun?: boolean | undefined
  /** Ends the evaluation before its end; the next one does the rest. */
  readonly signal?: AbortSignal | undefined
}

/** What the evaluation of a policy came to, or would. */
export interface LifecycleReport {
  /** `<account>/<region>` */
  readonly registry: string
  readonly repositoryName: string
  /** ISO 8601. */
  readonly evaluatedAt: string
  readonly imageCount: number
  readonly actions: readonly LifecycleAction[]
  readonly failures: readonly (LifecycleAction & { failureCode: string; failureReason: string })[]
  /** Of a dry run only. */
  readonly images?: readonly ExplainedImage[]
}

export interface LifecycleAction {
  readonly imageDigest: string
  readonly imageTags: readonly string[]
  readonly action: 'EXPIRE' | 'TRANSITION'
  readonly rulePriority: number
}

export interface ExplainedImage {
  readonly imageDigest: string
  readonly imageTags: readonly string[]
  /** What becomes of it, unless an index keeps it (`failures`); absent when it stays. */
  readonly action?: LifecycleAction['action']
  /** The rule that decided; absent when none selects the image. */
  readonly rulePriority?: number
  /** What every rule has to say of it. */
  readonly rules: readonly RuleVerdict[]
}

/** Evaluates lifecycle policies, and does what they say. */
export async function runLifecycle(domain: Domain, choice: LifecycleChoice = {}): Promise<LifecycleReport[]> {
  const reports: LifecycleReport[] = []
  for await (const repository of withPolicy(domain, choice)) {
    if (choice.signal?.aborted) break
    reports.push(
      await domain.lifecycleLock.hold(String(repository.id), () => runPolicy(domain, repository, choice)),
    )
  }
  return reports
}

const REPOSITORIES_PAGE = 100

async function* withPolicy(
  { database }: Domain,
  { registry, repositoryName }: LifecycleChoice,
): AsyncGenerator<WithPolicy> {
  let page: Repository[]
  let after = 0
  do {
    page = await database.read((tx) =>
      tx.repositories.listWithLifecyclePolicy({ after, limit: REPOSITORIES_PAGE }),
    )
    for (const repository of page) {
      const isChosen =
        (!registry || registryKey(registry) === registryKey(repository.registry)) &&
        (repositoryName === undefined || repositoryName === repository.name)
      if (isChosen && hasPolicy(repository)) yield repository
    }
    after = page.at(-1)?.id ?? after
  } while (page.length === REPOSITORIES_PAGE)
}

function hasPolicy(repository: Repository): repository is WithPolicy {
  return repository.lifecyclePolicyText !== undefined
}

async function runPolicy(
  domain: Domain,
  repository: WithPolicy,
  { dryRun, signal }: LifecycleChoice,
): Promise<LifecycleReport> {
  const policy = parsePolicy(repository.lifecyclePolicyText)
  const candidates = await lifecycleCandidates(domain, repository.id)
  const now = domain.clock.now()
  const decisions = await inTurns(evaluate(policy, candidates, now))
  const { acts, refused } = planActs(decisions)
  const images = dryRun
    ? await explained(decisions, await inTurns(explainer(policy, candidates, now)))
    : undefined
  const outcome = images
    ? { done: acts, refused: [] }
    : await carryOut(domain, repository, acts, { now, signal })
  return {
    registry: registryKey(repository.registry),
    repositoryName: repository.name,
    evaluatedAt: new Date(now).toISOString(),
    imageCount: candidates.length,
    actions: outcome.done.map(describeAct),
    failures: [...refused, ...outcome.refused].map(({ parents, ...act }) => ({
      ...describeAct(act),
      failureCode: 'ImageReferencedByManifestList',
      failureReason: messages.ImageReferenced({ parents }),
    })),
    ...(images && { images }),
  }
}

function describeAct({ image, rule }: Act): LifecycleAction {
  return {
    imageDigest: image.digest,
    imageTags: image.tags,
    action: ACTIONS[rule.action.type],
    rulePriority: rule.rulePriority,
  }
}

const EXPLAINED_AT_ONCE = 500

/** Texts for every rule and image take their time: others have their turn in between. */
async function explained<Explained extends Decision>(
  decisions: readonly Explained[],
  verdictsOf: (decision: Explained) => RuleVerdict[],
): Promise<ExplainedImage[]> {
  const images: ExplainedImage[] = []
  for (const decision of decisions) {
    const { image, rule, acts } = decision
    images.push({
      imageDigest: image.digest,
      imageTags: image.tags,
      ...(rule && acts && { action: ACTIONS[rule.action.type] }),
      ...(rule && { rulePriority: rule.rulePriority }),
      rules: verdictsOf(decision),
    })
    if (images.length % EXPLAINED_AT_ONCE === 0) await setImmediate()
  }
  return images
}
