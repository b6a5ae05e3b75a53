import { describe, expect, it } from 'vitest'
import { type CreationScenario, chooseTemplate } from '../../src/rules/creation-template.ts'

const ALL: CreationScenario[] = ['REPLICATION', 'PULL_THROUGH_CACHE', 'CREATE_ON_PUSH']

describe('chooseTemplate', () => {
  const templates = [
    { prefix: 'ROOT', appliedFor: ALL },
    { prefix: 'prod', appliedFor: ALL },
    { prefix: 'prod/team-a', appliedFor: ['REPLICATION'] },
    { prefix: 'prod/team', appliedFor: ALL },
    { prefix: 'root', appliedFor: [] },
  ]

  it.each([
    ['app', 'CREATE_ON_PUSH', 'ROOT'],
    ['prod', 'CREATE_ON_PUSH', 'ROOT'],
    ['production/app', 'CREATE_ON_PUSH', 'ROOT'],
    ['prod/app', 'CREATE_ON_PUSH', 'prod'],
    ['prod/team/app', 'PULL_THROUGH_CACHE', 'prod/team'],
    ['prod/team-a/app', 'REPLICATION', 'prod/team-a'],
    ['prod/team-a/app', 'CREATE_ON_PUSH', 'prod'],
    ['root/app', 'CREATE_ON_PUSH', 'ROOT'],
  ] as const)('makes %s for %s by %s, wherever it stands', (name, scenario, prefix) => {
    expect(chooseTemplate(templates, name, scenario)?.prefix).toBe(prefix)
    expect(chooseTemplate([...templates].reverse(), name, scenario)?.prefix).toBe(prefix)
  })

  it('finds none where none is for the scenario', () => {
    expect(chooseTemplate(templates.slice(2, 3), 'prod/team-a/app', 'CREATE_ON_PUSH')).toBeUndefined()
  })
})
