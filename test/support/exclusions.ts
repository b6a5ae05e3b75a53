/** What operations on exclusions of principals say of an ARN. */
export const invalidPrincipals: [constraint: string, principalArn: string | undefined][] = [
  ['Member must not be null', undefined],
  ['Member must have length less than or equal to 200', `arn:aws:iam::000000000000:role/${'a'.repeat(200)}`],
  ...[
    '',
    'role/name',
    'arn:aws:iam::000000000000:root',
    'arn:aws:iam::000000000000:role/',
    'arn:aws:sts::000000000000:assumed-role/name/session',
  ].map((principalArn): [string, string] => [
    'Member must satisfy regular expression pattern: ^arn:aws(-[a-z]+)*:iam::[0-9]{12}:(role|user)/[\\w+=,.@-]+(/[\\w+=,.@-]+)*$',
    principalArn,
  ]),
]
