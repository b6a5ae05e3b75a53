/** A statement as documents have it; what is not said is an Allow of everything to everybody. */
export function statement(elements: object = {}): object {
  return {
    Effect: 'Allow',
    ...('NotPrincipal' in elements ? {} : { Principal: '*' }),
    ...('NotAction' in elements ? {} : { Action: 'ecr:*' }),
    ...elements,
  }
}

/** The text of a policy over statements. */
export function policyText(...statements: object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements.map(statement) })
}
