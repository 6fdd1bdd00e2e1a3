import type pg from 'pg'

export const LINEITEM_COLUMNS = `
  l_orderkey bigint not null, l_partkey bigint not null, l_suppkey bigint not null, l_linenumber integer not null,
  l_quantity numeric(15,2) not null, l_extendedprice numeric(15,2) not null, l_discount numeric(15,2) not null,
  l_tax numeric(15,2) not null, l_returnflag char(1) not null, l_linestatus char(1) not null,
  l_shipdate date not null, l_commitdate date not null, l_receiptdate date not null,
  l_shipinstruct char(25) not null, l_shipmode char(10) not null, l_comment varchar(44) not null`

/** A table like TPC-H's lineitem: the same rows at every run, made in the database. */
export async function makeLineitem(client: pg.Client, table: string, rows: number): Promise<void> {
  await client.query(`drop table if exists ${table}; create table ${table} (${LINEITEM_COLUMNS})`)
  await client.query(`
    insert into ${table}
    select i / 4 + 1, h % 200000 + 1, h % 10000 + 1, i % 4 + 1,
           (h % 50 + 1)::numeric(15,2), (h % 10000000)::numeric / 100, (h % 11)::numeric / 100, (h % 9)::numeric / 100,
           substr('ANR', h % 3 + 1, 1), substr('OF', h % 2 + 1, 1),
           date '1992-01-02' + h % 2500, date '1992-01-31' + h % 2450, date '1992-01-03' + h % 2530,
           (array['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'])[h % 4 + 1],
           (array['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'])[h % 7 + 1],
           left(md5(i::text) || md5(h::text), 10 + h % 35)
    from (select i, abs(hashint8(i)) as h from generate_series(1, ${rows}) i) made`)
  await client.query(`vacuum analyze ${table}`)
  // Read once, so that the first contender finds what the last one does.
  await client.query(`select count(*) from ${table}`)
}
