import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Write } from "../../../src/contract/store.ts";
import type { PersonFields, Role, Row } from "../../../src/contract/tables.ts";
import { isSafeDir, safeDir } from "../../../src/people/dir.ts";
import { configPeople, findPerson, LOCAL_PERSON_ID, localPerson, planPeople, type WantedPerson } from "../../../src/people/directory.ts";
import { mayDecide, mayManage, maySee, mayTalk, ROLES } from "../../../src/people/roles.ts";

describe("safeDir", () => {
  test.each([
    ["Anna Smith", "anna-smith"],
    ["@anna_smith", "anna-smith"],
    ["anna.smith+ops@example.internal", "anna-smith-ops"],
    ["Zoë Ångström", "zoe-angstrom"],
    ["Łukasz Straße", "lukasz-strasse"],
    ["ﬁne Ⅻ", "fine-xii"],
    ["../../etc/passwd", "etc-passwd"],
    ["C:\\Windows", "c-windows"],
    ["a\u0000b", "a-b"],
    ["CON", "con-2"],
    ["-rf *", "rf"],
    ["x".repeat(99), "x".repeat(40)],
  ])("%j becomes %s", (name, dir) => {
    expect(safeDir(name, new Set())).toBe(dir);
  });

  test("names without a letter of ours keep apart, and are the same each time", () => {
    const dirs = ["Иван", "សុខា", "🦊", "🐻", ""].map((name) => safeDir(name, new Set()));
    expect(new Set(dirs).size).toBe(dirs.length);
    expect(dirs.every((dir) => /^person-[0-9a-f]{8}$/.test(dir))).toBe(true);
    expect(safeDir("🦊", new Set())).toBe(dirs[2]);
  });

  test("one that is taken gets a number", () => {
    expect(safeDir("Anna", new Set(["anna"]))).toBe("anna-2");
    expect(safeDir("Anna", new Set(["anna", "anna-2"]))).toBe("anna-3");
    expect(safeDir("x".repeat(99), new Set(["x".repeat(40)]))).toBe(`${"x".repeat(38)}-2`);
  });

  test("whatever people are called, every directory is safe and nobody shares one", () => {
    const name = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.emailAddress(),
      fc.constantFrom("..", ".", "/", "con", "Anna", "anna", "@anna", "-", "a-2", "a"),
    );
    fc.assert(
      fc.property(fc.array(name, { maxLength: 30 }), (names) => {
        const taken = new Set<string>();
        for (const each of names) {
          const dir = safeDir(each, taken);
          expect(isSafeDir(dir), dir).toBe(true);
          expect(taken.has(dir)).toBe(false);
          taken.add(dir);
        }
      }),
    );
  });

  test.each(["", ".", "..", "a/b", "A", "-a", "a-", "a--b", "nul", "a b", "ä", "x".repeat(41), "a\n"])("%j is not safe", (dir) => {
    expect(isSafeDir(dir)).toBe(false);
  });
});

describe("roles", () => {
  const who = (...roles: Role[]) => ({ roles });

  test("none implies another", () => {
    const may = (role: Role) =>
      [maySee, mayTalk, mayManage, (person: { roles: Role[] }) => mayDecide(person, ["approver"])].map((rule) => rule(who(role)));
    expect(Object.fromEntries(ROLES.map((role) => [role, may(role)]))).toEqual({
      viewer: [true, false, false, false],
      operator: [true, true, false, false],
      approver: [true, false, false, true],
      admin: [true, false, true, false],
    });
  });

  test("nobody decides where no role is named, and without roles nobody does anything", () => {
    expect(mayDecide(who(...ROLES), [])).toBe(false);
    expect([maySee, mayTalk, mayManage].some((rule) => rule(who()))).toBe(false);
    expect(mayDecide(who("viewer", "approver"), ["admin", "approver"])).toBe(true);
  });
});

/** Rows after the writes, as a store would have them. */
function after(rows: readonly Row<"people">[], writes: readonly Write[]): Row<"people">[] {
  const next = new Map(rows.map((row) => [row.id, row]));
  for (const write of writes) {
    if (write.op === "insert") next.set(write.id, { ...base, ...(write.fields as PersonFields), id: write.id });
    const old = write.op === "update" ? next.get(write.id) : undefined;
    if (write.op === "update" && old) next.set(old.id, { ...old, ...(write.set as Partial<PersonFields>), version: old.version + 1 });
  }
  return [...next.values()];
}
const base = { version: 1, seq: 1, tenantId: "local", host: "h", actorId: "hub", createdAt: 0, updatedAt: 0 };

const operator = (name: string, roles: Role[], ...senders: string[]) => ({
  name,
  roles,
  accounts: senders.map((sender) => ({ account: "birds", sender })),
});
const wantedOf = (...operators: ReturnType<typeof operator>[]): WantedPerson[] =>
  configPeople({ tenantId: "local", localAccounts: [], operators });
const local = localPerson({ userName: "anna", accounts: ["console"] });

describe("planPeople", () => {
  const anna = operator("Anna", ["operator", "approver"], "a1");

  test("adds whom the configuration names, with an audit entry each, and then has nothing to do", () => {
    const wanted = [...wantedOf(anna), local];
    const writes = planPeople([], wanted);
    expect(writes.map((write) => write.op)).toEqual(["insert", "audit", "insert", "audit"]);
    const rows = after([], writes);
    expect(rows.map(({ name, dir, source }) => [name, dir, source])).toEqual([
      ["Anna", "anna", "config"],
      ["anna", "anna-2", "local"],
    ]);
    expect(planPeople(rows, wanted)).toEqual([]);
  });

  test("keeps the id and directory of a name, whatever else changes", () => {
    const before = after([], planPeople([], wantedOf(anna)));
    const rows = after(before, planPeople(before, wantedOf(operator("Anna", ["viewer"], "a2"))));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ id: before[0]?.id, dir: "anna", roles: ["viewer"], accounts: [{ account: "birds", sender: "a2" }] });
    expect(wantedOf(anna)[0]?.id).toMatch(/^per_[\w-]{22}$/);
    expect(configPeople({ tenantId: "other", localAccounts: [], operators: [anna] })[0]?.id).not.toBe(before[0]?.id);
  });

  test("whoever is removed loses roles, accounts and PIN at once, and has the same id when named again", () => {
    const before = after([], planPeople([], wantedOf(anna))).map((row) => ({ ...row, pinHash: "h" }));
    const without = after(before, planPeople(before, []));
    expect(without[0]).toMatchObject({ roles: [], accounts: [], pinHash: null });
    expect(findPerson(without, "birds", "a1")).toBeUndefined();
    const again = after(without, planPeople(without, wantedOf(anna)));
    expect(again[0]).toMatchObject({ id: before[0]?.id, roles: ["operator", "approver"] });
  });

  test("a paired person stays, but gives up an account the configuration gives to somebody else", () => {
    const paired: Row<"people"> = {
      ...base,
      id: "per_x",
      name: "Pat",
      dir: "anna",
      roles: ["operator"],
      accounts: [...anna.accounts, { account: "birds", sender: "p9" }],
      source: "pairing",
      pinHash: null,
      pinFailures: 0,
      pinLockedUntil: 0,
    };
    const rows = after([paired], planPeople([paired], wantedOf(anna)));
    expect(findPerson(rows, "birds", "a1")?.name).toBe("Anna");
    expect(findPerson(rows, "birds", "p9")).toMatchObject({ name: "Pat", roles: ["operator"], dir: "anna" });
    expect(findPerson(rows, "birds", "a1")?.dir).toBe("anna-2");
  });

  test("an operator named for the local console takes it over from the local operator", () => {
    const named = { name: "Anna", roles: ["operator"] as Role[], accounts: [{ account: "console", sender: "local" }] };
    const rows = after([], planPeople([], [local, ...configPeople({ tenantId: "local", localAccounts: [], operators: [named] })]));
    expect(findPerson(rows, "console", "local")?.name).toBe("Anna");
    expect(rows.find(({ id }) => id === LOCAL_PERSON_ID)?.accounts).toEqual([{ account: "console", sender: LOCAL_PERSON_ID }]);
  });

  test("a stored PIN stays until another is given", () => {
    const before = after([], planPeople([], [{ ...local, pinHash: "old" }]));
    expect(planPeople(before, [local])).toEqual([]);
    expect(after(before, planPeople(before, [{ ...local, pinHash: "new" }]))[0]?.pinHash).toBe("new");
  });

  test("stored JSON with its keys in another order is no change", () => {
    const rows = after([], planPeople([], wantedOf(anna))).map((row) => ({ ...row, accounts: [{ sender: "a1", account: "birds" }] }));
    expect(planPeople(rows, wantedOf(anna))).toEqual([]);
  });

  test("from any configuration to any other: settled in one step, no sender and no directory shared, no role left behind", () => {
    const people = fc.uniqueArray(
      fc.record({
        name: fc.constantFrom("Anna", "anna", "Bo", "Cy", "🦊"),
        roles: fc.subarray([...ROLES], { minLength: 1 }),
        senders: fc.subarray(["1", "2", "3"]),
      }),
      { selector: ({ name }) => name },
    );
    const wanted = people.map((list) => [...wantedOf(...list.map(({ name, roles, senders }) => operator(name, roles, ...senders))), local]);
    fc.assert(
      fc.property(wanted, wanted, (first, second) => {
        const before = after([], planPeople([], first));
        const rows = after(before, planPeople(before, second));
        expect(planPeople(rows, second)).toEqual([]);
        const senders = rows.flatMap(({ accounts }) => accounts.map((at) => JSON.stringify(at)));
        expect(new Set(senders).size).toBe(senders.length);
        expect(new Set(rows.map(({ dir }) => dir)).size).toBe(rows.length);
        for (const row of rows) expect(row.roles).toEqual(second.find(({ id }) => id === row.id)?.roles ?? []);
      }),
    );
  });
});

test("the local operator is called what the system calls the user, else You", () => {
  expect(localPerson({ userName: " ", accounts: [] }).name).toBe("You");
  expect(local).toMatchObject({
    id: "per_local",
    name: "anna",
    roles: ["operator", "approver", "admin"],
    accounts: [
      { account: "console", sender: "local" },
      { account: "console", sender: "per_local" },
    ],
    source: "local",
  });
});
