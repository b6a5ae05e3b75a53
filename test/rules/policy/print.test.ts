import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printPolicy } from '../../../src/rules/policy/print.ts'

describe('printPolicy', () => {
  it('prints as Jackson does', () => {
    const document = {
      Version: '2008-10-17',
      Statement: [
        {
          Sid: 'new statement',
          Effect: 'Allow',
          Principal: { AWS: ['arn:aws:iam::111122223333:root', '444455556666'] },
          Action: ['ecr:BatchGetImage', 'ecr:PutImage'],
          Condition: { Bool: { 'aws:SecureTransport': true }, Null: {} },
        },
        { Effect: 'Deny', Principal: '*', Action: 'ecr:*', Resource: [] },
      ],
    }
    expect(printPolicy(JSON.stringify(document))).toBe(`{
  "Version" : "2008-10-17",
  "Statement" : [ {
    "Sid" : "new statement",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : [ "arn:aws:iam::111122223333:root", "444455556666" ]
    },
    "Action" : [ "ecr:BatchGetImage", "ecr:PutImage" ],
    "Condition" : {
      "Bool" : {
        "aws:SecureTransport" : true
      },
      "Null" : { }
    }
  }, {
    "Effect" : "Deny",
    "Principal" : "*",
    "Action" : "ecr:*",
    "Resource" : [ ]
  } ]
}`)
  })

  it.each([
    ['{}', '{ }'],
    ['[]', '[ ]'],
    ['[[],{}]', '[ [ ], { } ]'],
    ['[[1,2],[{"a":[3]}]]', '[ [ 1, 2 ], [ {\n  "a" : [ 3 ]\n} ] ]'],
    [' {\r\n\t"b" : 1.50 ,\n"a":-1E3}', '{\n  "b" : 1.50,\n  "a" : -1E3\n}'],
    ['{"2":true,"1":null}', '{\n  "2" : true,\n  "1" : null\n}'],
    ['{"a, {b}: [c]":"\\"}"}', '{\n  "a, {b}: [c]" : "\\"}"\n}'],
    ['"\\u0041\\/\\u00e9\\u001f\\n\\\\"', '"A/é\\u001F\\n\\\\"'],
  ])('prints %j as %j', (text, printed) => {
    expect(printPolicy(text)).toBe(printed)
  })

  it('changes nothing but white space, and is at rest once it printed', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const printed = printPolicy(text)
        expect(JSON.parse(printed)).toEqual(JSON.parse(text))
        expect(printPolicy(printed)).toBe(printed)
      }),
    )
  })
})
