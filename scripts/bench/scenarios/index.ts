import { apiCalls } from './api.ts'
import { largeBlobs } from './large-blobs.ts'
import { pages } from './pages.ts'
import type { Stage } from './scenario.ts'
import { smallPushes, smallReads } from './small-images.ts'
import { tags } from './tags.ts'

/** In the order in which they run. */
const stages: readonly Stage[] = [
  smallPushes,
  smallReads,
  largeBlobs,
  tags(100),
  tags(1000),
  tags(10_000),
  apiCalls,
  pages(100),
  pages(1000),
  pages(10_000),
  pages(100_000),
]

/** Whether a scenario has one of the parts in its name; no parts are all scenarios. */
export function isWanted(name: string, parts: readonly string[]): boolean {
  return parts.length === 0 || parts.some((part) => name.includes(part))
}

/** The stages of the scenarios that are wanted, with no others. */
export function stagesOf(parts: readonly string[]): Stage[] {
  return stages
    .map((stage) => ({ ...stage, scenarios: stage.scenarios.filter(({ name }) => isWanted(name, parts)) }))
    .filter(({ scenarios }) => scenarios.length > 0)
}
