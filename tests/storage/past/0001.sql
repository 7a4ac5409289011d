-- The books of a stall as schema 1 left them: a history in every state, written by the acts of that version.
-- Never edit; a newer schema gets a file of its own.
BEGIN TRANSACTION;
CREATE TABLE addresses (
    id         INTEGER PRIMARY KEY,
    person_id  INTEGER NOT NULL REFERENCES people (id),
    recipient  TEXT NOT NULL,
    phone      TEXT NOT NULL,
    address    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    replaced_at INTEGER
) STRICT;
INSERT INTO "addresses" VALUES(1,5001,'Ann Li','+8613800000000','1 Tea Lane, Tonggu',1773115200000,NULL);
INSERT INTO "addresses" VALUES(2,5002,'Ann Li','+8613800000000','1 Tea Lane, Tonggu',1773115200000,1773115200000);
INSERT INTO "addresses" VALUES(3,5002,'Ben O''Neil','+8613900000000','铜鼓县定江西路12号',1773115200000,NULL);
CREATE TABLE answers (
    id          INTEGER PRIMARY KEY,
    question_id INTEGER NOT NULL REFERENCES questions (id),
    author_id   INTEGER NOT NULL REFERENCES people (id),
    text        TEXT NOT NULL,
    at          INTEGER NOT NULL
) STRICT;
INSERT INTO "answers" VALUES(1,2,2001,'八点 & later',1773115200000);
CREATE TABLE audit (
    id       INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    actor_id INTEGER,                                              -- NULL: the clock or the command line
    action   TEXT NOT NULL,
    subject  TEXT NOT NULL,                                        -- order:42, stream:7, person:1001 …
    details  TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(details))
) STRICT;
INSERT INTO "audit" VALUES(1,1773115200000,NULL,'role.granted','person:1001','{"role":"owner","supplier":null}');
INSERT INTO "audit" VALUES(2,1773115200000,1001,'catalogue.imported','catalogue','{"created":7,"updated":0}');
INSERT INTO "audit" VALUES(3,1773115200000,1001,'invite.created','role:host','{"supplier":null}');
INSERT INTO "audit" VALUES(4,1773115200000,1001,'role.granted','person:2001','{"role":"host","supplier":null}');
INSERT INTO "audit" VALUES(5,1773115200000,1001,'invite.created','role:cashier','{"supplier":null}');
INSERT INTO "audit" VALUES(6,1773115200000,1001,'role.granted','person:3001','{"role":"cashier","supplier":null}');
INSERT INTO "audit" VALUES(7,1773115200000,1001,'invite.created','role:supplier','{"supplier":1}');
INSERT INTO "audit" VALUES(8,1773115200000,1001,'role.granted','person:4001','{"role":"supplier","supplier":1}');
INSERT INTO "audit" VALUES(9,1773115200000,NULL,'invite.created','role:host','{"supplier":null}');
INSERT INTO "audit" VALUES(10,1773115200000,2001,'stream.created','stream:1','{}');
INSERT INTO "audit" VALUES(11,1773115200000,2001,'offer.added','offer:1','{"stream":1,"quantity":18,"price":3600}');
INSERT INTO "audit" VALUES(12,1773115200000,2001,'offer.added','offer:2','{"stream":1,"quantity":null,"price":7800}');
INSERT INTO "audit" VALUES(13,1773115200000,2001,'stream.announced','stream:1','{"was":"draft"}');
INSERT INTO "audit" VALUES(14,1773115200000,2001,'stream.created','stream:2','{}');
INSERT INTO "audit" VALUES(15,1773115200000,5001,'order.placed','order:1','{}');
INSERT INTO "audit" VALUES(16,1773115200000,5001,'payment.submitted','order:1','{"payment":1,"receipt":1}');
INSERT INTO "audit" VALUES(17,1773115200000,3001,'payment.confirmed','order:1','{"payment":1,"reason":null}');
INSERT INTO "audit" VALUES(18,1773115200000,NULL,'order.paid','order:1','{}');
INSERT INTO "audit" VALUES(19,1773115200000,1001,'shipment.accepted','order:1','{"shipment":1}');
INSERT INTO "audit" VALUES(20,1773115200000,1001,'shipment.shipped','order:1','{"shipment":1}');
INSERT INTO "audit" VALUES(21,1773115200000,5001,'shipment.delivered','order:1','{"shipment":1}');
INSERT INTO "audit" VALUES(22,1773115200000,1001,'shipment.accepted','order:1','{"shipment":2}');
INSERT INTO "audit" VALUES(23,1773115200000,1001,'shipment.shipped','order:1','{"shipment":2}');
INSERT INTO "audit" VALUES(24,1773115200000,5001,'shipment.delivered','order:1','{"shipment":2}');
INSERT INTO "audit" VALUES(25,1773115200000,NULL,'order.completed','order:1','{}');
INSERT INTO "audit" VALUES(26,1773115200000,5002,'order.placed','order:2','{}');
INSERT INTO "audit" VALUES(27,1773115200000,5002,'payment.submitted','order:2','{"payment":2,"receipt":2}');
INSERT INTO "audit" VALUES(28,1773115200000,3001,'payment.confirmed','order:2','{"payment":2,"reason":null}');
INSERT INTO "audit" VALUES(29,1773115200000,NULL,'order.paid','order:2','{}');
INSERT INTO "audit" VALUES(30,1773115200000,1001,'shipment.failed','order:2','{"shipment":3}');
INSERT INTO "audit" VALUES(31,1773115200000,NULL,'refund.owed','order:2','{"refund":1,"amount":3600,"reason":"cannot_supply"}');
INSERT INTO "audit" VALUES(32,1773115200000,3001,'refund.done','order:2','{"refund":1}');
INSERT INTO "audit" VALUES(33,1773115200000,5001,'order.placed','order:3','{}');
INSERT INTO "audit" VALUES(34,1773115200000,5001,'payment.submitted','order:3','{"payment":3,"receipt":3}');
INSERT INTO "audit" VALUES(35,1773115200000,3001,'payment.confirmed','order:3','{"payment":3,"reason":null}');
INSERT INTO "audit" VALUES(36,1773115200000,NULL,'order.paid','order:3','{}');
INSERT INTO "audit" VALUES(37,1773115200000,1001,'shipment.shipped','order:3','{"shipment":5}');
INSERT INTO "audit" VALUES(38,1773115200000,5002,'order.placed','order:4','{}');
INSERT INTO "audit" VALUES(39,1773115200000,5002,'payment.submitted','order:4','{"payment":4,"receipt":4}');
INSERT INTO "audit" VALUES(40,1773115200000,5002,'order.placed','order:5','{}');
INSERT INTO "audit" VALUES(41,1773115200000,5002,'payment.submitted','order:5','{"payment":5,"receipt":5}');
INSERT INTO "audit" VALUES(42,1773115200000,3001,'payment.rejected','order:5','{"payment":5,"reason":"not_found"}');
INSERT INTO "audit" VALUES(43,1773115200000,5001,'order.placed','order:6','{}');
INSERT INTO "audit" VALUES(44,1773115200000,5001,'order.cancelled','order:6','{"reason":"by the buyer"}');
INSERT INTO "audit" VALUES(45,1773111600000,5002,'order.placed','order:7','{}');
INSERT INTO "audit" VALUES(46,1773115200000,NULL,'order.expired','order:7','{}');
INSERT INTO "audit" VALUES(47,1773115200000,5001,'order.placed','order:8','{}');
INSERT INTO "audit" VALUES(48,1773115200000,5002,'payment.submitted','order:7','{"payment":6,"receipt":6}');
INSERT INTO "audit" VALUES(49,1773115200000,3001,'payment.confirmed','order:7','{"payment":6,"reason":null}');
INSERT INTO "audit" VALUES(50,1773115200000,NULL,'refund.owed','order:7','{"refund":2,"amount":28800,"reason":"late_money"}');
INSERT INTO "audit" VALUES(51,1773115200000,5001,'question.asked','question:1','{}');
INSERT INTO "audit" VALUES(52,1773115200000,5002,'question.asked','question:2','{}');
INSERT INTO "audit" VALUES(53,1773115200000,2001,'question.answered','question:2','{}');
INSERT INTO "audit" VALUES(54,1773115200000,2001,'stream.live','stream:1','{"was":"announced"}');
CREATE TABLE bots (
    id       INTEGER PRIMARY KEY,
    username TEXT NOT NULL,
    seen_at  INTEGER NOT NULL
) STRICT;
INSERT INTO "bots" VALUES(123456,'stall_bot',1773115200000);
CREATE TABLE broadcasts (
    id         INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL,
    stream_id  INTEGER NOT NULL REFERENCES streams (id),
    state      TEXT NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done')),
    cursor     INTEGER NOT NULL DEFAULT 0,
    told       INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER NOT NULL REFERENCES people (id),
    created_at INTEGER NOT NULL,
    done_at    INTEGER
) STRICT;
INSERT INTO "broadcasts" VALUES(1,'announce',1,'done',5002,2,2001,1773115200000,1773115200000);
INSERT INTO "broadcasts" VALUES(2,'live',1,'running',0,0,2001,1773115200000,NULL);
CREATE TABLE cards (
    card       TEXT NOT NULL,
    chat_id    INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    has_media  INTEGER NOT NULL CHECK (has_media IN (0, 1)),
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (card, chat_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "cards" VALUES('desk:2',2001,1024,0,1773115200000);
INSERT INTO "cards" VALUES('order:1',5001,1043,0,1773115200000);
INSERT INTO "cards" VALUES('order:2',5002,1051,0,1773115200000);
INSERT INTO "cards" VALUES('order:3',5001,1065,0,1773115200000);
INSERT INTO "cards" VALUES('order:4',5002,1070,0,1773115200000);
INSERT INTO "cards" VALUES('order:5',5002,1078,0,1773115200000);
INSERT INTO "cards" VALUES('order:6',5001,1081,0,1773115200000);
INSERT INTO "cards" VALUES('order:7',5002,1084,0,1773115200000);
INSERT INTO "cards" VALUES('order:8',5001,1086,0,1773115200000);
INSERT INTO "cards" VALUES('payment:1',3001,1028,0,1773115200000);
INSERT INTO "cards" VALUES('payment:2',3001,1049,0,1773115200000);
INSERT INTO "cards" VALUES('payment:3',3001,1063,0,1773115200000);
INSERT INTO "cards" VALUES('payment:4',3001,1072,0,1773115200000);
INSERT INTO "cards" VALUES('payment:5',3001,1076,0,1773115200000);
INSERT INTO "cards" VALUES('payment:6',3001,1089,0,1773115200000);
INSERT INTO "cards" VALUES('refund:1',3001,1059,0,1773115200000);
INSERT INTO "cards" VALUES('refund:2',3001,1090,0,1773115200000);
INSERT INTO "cards" VALUES('shipment:1',1001,1036,0,1773115200000);
INSERT INTO "cards" VALUES('shipment:1',4001,1039,0,1773115200000);
INSERT INTO "cards" VALUES('shipment:2',1001,1045,0,1773115200000);
INSERT INTO "cards" VALUES('shipment:3',1001,1056,0,1773115200000);
INSERT INTO "cards" VALUES('shipment:3',4001,1057,0,1773115200000);
INSERT INTO "cards" VALUES('shipment:4',1001,1053,0,1773115200000);
INSERT INTO "cards" VALUES('shipment:5',1001,1068,0,1773115200000);
INSERT INTO "cards" VALUES('shipment:5',4001,1069,0,1773115200000);
CREATE TABLE dialogs (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id  INTEGER NOT NULL UNIQUE REFERENCES people (id),
    kind       TEXT NOT NULL,
    step       TEXT NOT NULL,
    data       TEXT NOT NULL CHECK (json_valid(data)),
    started_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
INSERT INTO "dialogs" VALUES(9,5002,'address','recipient','{}',1773115200000,1773115200000);
CREATE TABLE inbox (
    bot_id       INTEGER NOT NULL,
    update_id    INTEGER NOT NULL,
    raw          TEXT NOT NULL,
    received_at  INTEGER NOT NULL,
    done_at      INTEGER,
    attempts     INTEGER NOT NULL DEFAULT 0,
    error        TEXT,
    set_aside_at INTEGER,
    PRIMARY KEY (bot_id, update_id)
) STRICT;
INSERT INTO "inbox" VALUES(123456,100,'{"update_id":100,"message":{"text":"/start"}}',1773115200000,1773115200000,0,NULL,NULL);
INSERT INTO "inbox" VALUES(123456,101,'{"update_id":101,"message":{"text":"/start"}}',1773115200000,1773115200000,0,NULL,NULL);
INSERT INTO "inbox" VALUES(123456,102,'{"update_id":102,"message":{"text":"/start"}}',1773115200000,1773115200000,0,NULL,NULL);
INSERT INTO "inbox" VALUES(123456,103,'{"update_id":103,"message":{"text":"/start"}}',1773115200000,1773115200000,0,NULL,NULL);
INSERT INTO "inbox" VALUES(123456,104,'{"update_id":104,"message":{"text":"/start"}}',1773115200000,NULL,0,NULL,NULL);
INSERT INTO "inbox" VALUES(123456,105,'{"update_id":105,"message":{"text":"/start"}}',1773115200000,NULL,3,'ValueError',1773115200000);
CREATE TABLE invites (
    id          INTEGER PRIMARY KEY,
    token_hash  TEXT NOT NULL UNIQUE,                       -- SHA-256; the token itself is shown once
    role        TEXT NOT NULL CHECK (role IN ('host', 'cashier', 'supplier')),
    supplier_id INTEGER REFERENCES suppliers (id),
    created_by  INTEGER REFERENCES people (id),
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    used_by     INTEGER REFERENCES people (id),
    used_at     INTEGER,
    CHECK ((role = 'supplier') = (supplier_id IS NOT NULL))
) STRICT;
INSERT INTO "invites" VALUES(1,'3ea73160ef144ab91391a7efbfa4147bee440e67e329879cb70d6da1d0d7792a','host',NULL,1001,1773115200000,1773720000000,2001,1773115200000);
INSERT INTO "invites" VALUES(2,'a6039a655cffd14fa911b3ccfe01550aa6f341530719877d4161cf664bd99d78','cashier',NULL,1001,1773115200000,1773720000000,3001,1773115200000);
INSERT INTO "invites" VALUES(3,'d86c6d9c197c9980ff0a2183c51a403cacabc4d1af3345f7427ca4b08dae5711','supplier',1,1001,1773115200000,1773720000000,4001,1773115200000);
INSERT INTO "invites" VALUES(4,'8e8692c5ec6bd69b7cbe9106e9b05cbc76088dde5f041b02d9b79336291cd936','host',NULL,NULL,1773115200000,1773720000000,NULL,NULL);
CREATE TABLE migrations (
    number     INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    checksum   TEXT NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT;
INSERT INTO "migrations" VALUES(1,'0001_initial.sql','57403e7039167302695f1e68f2b678fd42df2333d9cae53c0588b0c98638b9e4',1773115200000);
CREATE TABLE offers (
    id                INTEGER PRIMARY KEY,
    stream_id         INTEGER NOT NULL REFERENCES streams (id),
    product_id        INTEGER NOT NULL REFERENCES products (id),
    supplier_id       INTEGER NOT NULL REFERENCES suppliers (id),
    price             INTEGER NOT NULL CHECK (price >= 0),
    currency          TEXT NOT NULL,
    quantity          INTEGER CHECK (quantity >= 0),               -- NULL = unlimited
    taken             INTEGER NOT NULL DEFAULT 0 CHECK (taken >= 0),
    limit_per_buyer   INTEGER CHECK (limit_per_buyer > 0),
    availability      TEXT NOT NULL DEFAULT 'in_stock' CHECK (availability IN ('in_stock', 'presale')),
    opens_at          INTEGER,                                     -- NULL: when the stream is announced
    closes_at         INTEGER,                                     -- NULL: when the stream ends
    ships_within_days INTEGER CHECK (ships_within_days >= 0),
    ships_from        INTEGER,
    ships_until       INTEGER,
    created_by        INTEGER NOT NULL REFERENCES people (id),
    created_at        INTEGER NOT NULL,
    CONSTRAINT never_oversold CHECK (quantity IS NULL OR taken <= quantity),
    UNIQUE (stream_id, product_id, availability)
) STRICT;
INSERT INTO "offers" VALUES(1,1,1,1,3600,'CNY',17,12,10,'in_stock',NULL,NULL,3,NULL,NULL,2001,1773115200000);
INSERT INTO "offers" VALUES(2,1,2,2,7800,'CNY',NULL,3,20,'in_stock',NULL,NULL,3,NULL,NULL,2001,1773115200000);
CREATE TABLE order_lines (
    id            INTEGER PRIMARY KEY,
    order_id      INTEGER NOT NULL REFERENCES orders (id),
    offer_id      INTEGER NOT NULL REFERENCES offers (id),
    product_id    INTEGER NOT NULL REFERENCES products (id),
    supplier_id   INTEGER NOT NULL REFERENCES suppliers (id),
    supplier_name TEXT NOT NULL,
    code          TEXT NOT NULL,
    names         TEXT NOT NULL CHECK (json_valid(names)),
    units         TEXT NOT NULL CHECK (json_valid(units)),
    base_units    TEXT NOT NULL CHECK (json_valid(base_units)),
    pack_milli    INTEGER NOT NULL CHECK (pack_milli > 0),
    quantity      INTEGER NOT NULL CHECK (quantity > 0),
    unit_price    INTEGER NOT NULL CHECK (unit_price >= 0),
    discount      INTEGER NOT NULL DEFAULT 0 CHECK (discount >= 0),
    total         INTEGER NOT NULL CHECK (total >= 0),
    CHECK (total = quantity * unit_price - discount)
) STRICT;
INSERT INTO "order_lines" VALUES(1,1,1,1,1,'Tonggu Free-Range Poultry Cooperative','EGG','{"en": "Free-range eggs", "zh": "散养土鸡蛋"}','{"en": "box of 20", "zh": "20枚装"}','{"en": "egg", "zh": "枚"}',20000,2,3600,0,7200);
INSERT INTO "order_lines" VALUES(2,1,2,2,2,'Paibu Rice Noodle Workshop','RICE','{"en": "Handmade rice noodles", "zh": "手工米粉"}','{"en": "5 kg box", "zh": "5公斤装"}','{"en": "kg", "zh": "公斤"}',5000,1,7800,0,7800);
INSERT INTO "order_lines" VALUES(3,2,1,1,1,'Tonggu Free-Range Poultry Cooperative','EGG','{"en": "Free-range eggs", "zh": "散养土鸡蛋"}','{"en": "box of 20", "zh": "20枚装"}','{"en": "egg", "zh": "枚"}',20000,1,3600,0,3600);
INSERT INTO "order_lines" VALUES(4,2,2,2,2,'Paibu Rice Noodle Workshop','RICE','{"en": "Handmade rice noodles", "zh": "手工米粉"}','{"en": "5 kg box", "zh": "5公斤装"}','{"en": "kg", "zh": "公斤"}',5000,2,7800,0,15600);
INSERT INTO "order_lines" VALUES(5,3,1,1,1,'Tonggu Free-Range Poultry Cooperative','EGG','{"en": "Free-range eggs", "zh": "散养土鸡蛋"}','{"en": "box of 20", "zh": "20枚装"}','{"en": "egg", "zh": "枚"}',20000,1,3600,0,3600);
INSERT INTO "order_lines" VALUES(6,4,1,1,1,'Tonggu Free-Range Poultry Cooperative','EGG','{"en": "Free-range eggs", "zh": "散养土鸡蛋"}','{"en": "box of 20", "zh": "20枚装"}','{"en": "egg", "zh": "枚"}',20000,1,3600,0,3600);
INSERT INTO "order_lines" VALUES(7,5,1,1,1,'Tonggu Free-Range Poultry Cooperative','EGG','{"en": "Free-range eggs", "zh": "散养土鸡蛋"}','{"en": "box of 20", "zh": "20枚装"}','{"en": "egg", "zh": "枚"}',20000,1,3600,0,3600);
INSERT INTO "order_lines" VALUES(8,6,1,1,1,'Tonggu Free-Range Poultry Cooperative','EGG','{"en": "Free-range eggs", "zh": "散养土鸡蛋"}','{"en": "box of 20", "zh": "20枚装"}','{"en": "egg", "zh": "枚"}',20000,3,3600,0,10800);
INSERT INTO "order_lines" VALUES(9,7,1,1,1,'Tonggu Free-Range Poultry Cooperative','EGG','{"en": "Free-range eggs", "zh": "散养土鸡蛋"}','{"en": "box of 20", "zh": "20枚装"}','{"en": "egg", "zh": "枚"}',20000,8,3600,0,28800);
INSERT INTO "order_lines" VALUES(10,8,1,1,1,'Tonggu Free-Range Poultry Cooperative','EGG','{"en": "Free-range eggs", "zh": "散养土鸡蛋"}','{"en": "box of 20", "zh": "20枚装"}','{"en": "egg", "zh": "枚"}',20000,7,3600,0,25200);
CREATE TABLE orders (
    id             INTEGER PRIMARY KEY,
    code           TEXT NOT NULL UNIQUE,
    buyer_id       INTEGER NOT NULL REFERENCES people (id),
    stream_id      INTEGER REFERENCES streams (id),
    checkout_id    INTEGER UNIQUE,                                 -- the dialog it came from: one order each
    status         TEXT NOT NULL DEFAULT 'pending'
                   CHECK (status IN ('pending', 'paid', 'completed', 'expired', 'cancelled')),
    currency       TEXT NOT NULL,
    lines_total    INTEGER NOT NULL CHECK (lines_total >= 0),
    discount_total INTEGER NOT NULL DEFAULT 0 CHECK (discount_total >= 0),
    delivery_fee   INTEGER NOT NULL DEFAULT 0 CHECK (delivery_fee >= 0),
    total          INTEGER NOT NULL CHECK (total >= 0),
    recipient      TEXT NOT NULL,
    phone          TEXT NOT NULL,
    address        TEXT NOT NULL,
    pay_method     TEXT NOT NULL,                                  -- name of the payment method shown
    terms          TEXT NOT NULL,                                  -- version of the perishables sentence shown
    created_at     INTEGER NOT NULL,
    pay_by         INTEGER NOT NULL,                               -- what the buyer is shown
    hold_until     INTEGER,                                        -- real expiry; NULL while none is running
    remind_at      INTEGER,                                        -- unpaid reminder; NULL when sent or pointless
    paid_at        INTEGER,
    completed_at   INTEGER,
    expired_at     INTEGER,
    cancelled_at   INTEGER,
    cancelled_by   INTEGER REFERENCES people (id),
    cancel_reason  TEXT,
    CHECK (total = lines_total - discount_total + delivery_fee),
    CHECK (hold_until IS NULL OR status = 'pending'),
    CHECK (remind_at IS NULL OR status = 'pending')
) STRICT;
INSERT INTO "orders" VALUES(1,'TG-U1PGX',5001,1,1,'completed','CNY',15000,0,0,15000,'Ann Li','+8613800000000','1 Tea Lane, Tonggu','WeChat Pay','v1',1773115200000,1773117000000,NULL,NULL,1773115200000,1773115200000,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES(2,'TG-JCYNV',5002,1,2,'paid','CNY',19200,0,0,19200,'Ben O''Neil','+8613900000000','铜鼓县定江西路12号','WeChat Pay','v1',1773115200000,1773117000000,NULL,NULL,1773115200000,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES(3,'TG-A568F',5001,1,3,'paid','CNY',3600,0,0,3600,'Ann Li','+8613800000000','1 Tea Lane, Tonggu','WeChat Pay','v1',1773115200000,1773117000000,NULL,NULL,1773115200000,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES(4,'TG-DDP2Y',5002,1,4,'pending','CNY',3600,0,0,3600,'Ben O''Neil','+8613900000000','铜鼓县定江西路12号','WeChat Pay','v1',1773115200000,1773117000000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES(5,'TG-4FLC5',5002,1,5,'pending','CNY',3600,0,0,3600,'Ben O''Neil','+8613900000000','铜鼓县定江西路12号','WeChat Pay','v1',1773115200000,1773117000000,1773117300000,1773116100000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES(6,'TG-4H2DN',5001,1,6,'cancelled','CNY',10800,0,0,10800,'Ann Li','+8613800000000','1 Tea Lane, Tonggu','WeChat Pay','v1',1773115200000,1773117000000,NULL,NULL,NULL,NULL,NULL,1773115200000,5001,'by the buyer');
INSERT INTO "orders" VALUES(7,'TG-5LT5H',5002,1,7,'expired','CNY',28800,0,0,28800,'Ben O''Neil','+8613900000000','铜鼓县定江西路12号','WeChat Pay','v1',1773111600000,1773113400000,NULL,NULL,NULL,NULL,1773115200000,NULL,NULL,NULL);
INSERT INTO "orders" VALUES(8,'TG-80ARP',5001,1,8,'pending','CNY',25200,0,0,25200,'Ann Li','+8613800000000','1 Tea Lane, Tonggu','WeChat Pay','v1',1773115200000,1773117000000,1773117300000,1773116100000,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT NOT NULL,
    params     TEXT NOT NULL CHECK (json_valid(params)),
    chat_id    INTEGER NOT NULL,
    lane       INTEGER NOT NULL CHECK (lane BETWEEN 0 AND 3),
    not_before INTEGER NOT NULL,
    card       TEXT,                                               -- the message to edit, once it has been sent
    anchor     INTEGER,                                            -- the message that was tapped
    dedupe_key TEXT UNIQUE,
    state      TEXT NOT NULL DEFAULT 'queued'
               CHECK (state IN ('queued', 'sending', 'sent', 'dropped', 'failed')),
    attempts   INTEGER NOT NULL DEFAULT 0,
    repeated   INTEGER NOT NULL DEFAULT 0,                         -- times it may have been seen before
    error      TEXT,
    message_id INTEGER,
    created_at INTEGER NOT NULL,
    ended_at   INTEGER
) STRICT;
INSERT INTO "outbox" VALUES(1,'menu','{}',1001,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1001,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(2,'apology','{"incident":"A1B2C3"}',5002,0,0,NULL,NULL,NULL,'sent',1,0,NULL,1002,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(3,'incident','{"incident":"A1B2C3","error":"ValueError","update":105}',1001,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1003,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(4,'welcome_role','{"role":"host","supplier":null}',2001,0,0,NULL,NULL,NULL,'sent',1,0,NULL,1004,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(5,'menu','{}',2001,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1005,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(6,'invite_opened','{"person":2001,"role":"host","supplier":null}',1001,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1006,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(7,'welcome_role','{"role":"cashier","supplier":null}',3001,0,0,NULL,NULL,NULL,'sent',1,0,NULL,1007,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(8,'menu','{}',3001,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1008,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(9,'invite_opened','{"person":3001,"role":"cashier","supplier":null}',1001,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1009,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(10,'welcome_role','{"role":"supplier","supplier":"Tonggu Free-Range Poultry Cooperative"}',4001,0,0,NULL,NULL,NULL,'sent',1,0,NULL,1010,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(11,'menu','{}',4001,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1011,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(12,'invite_opened','{"person":4001,"role":"supplier","supplier":"Tonggu Free-Range Poultry Cooperative"}',1001,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1012,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(13,'language','{}',2001,0,0,NULL,NULL,NULL,'sent',1,0,NULL,1013,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(14,'menu','{}',2001,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1014,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(15,'start','{"at":1773115200000}',5001,0,0,NULL,NULL,NULL,'sent',1,0,NULL,1015,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(16,'start','{"at":1773115200000}',5002,0,0,NULL,NULL,NULL,'sent',1,0,NULL,1016,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(17,'desk','{"stream":1}',2001,0,0,'desk:1',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(18,'desk','{"stream":1}',2001,0,0,'desk:1',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(19,'desk','{"stream":1}',2001,0,0,'desk:1',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(20,'desk','{"stream":1}',2001,0,0,'desk:1',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(21,'stream_card','{"stream":1}',5001,3,0,NULL,NULL,'announce:1:5001','sent',1,0,NULL,1021,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(22,'stream_card','{"stream":1}',5002,3,0,NULL,NULL,'announce:1:5002','sent',1,0,NULL,1022,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(23,'stream_card','{"stream":1}',5001,0,0,NULL,NULL,NULL,'sent',1,0,NULL,1023,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(24,'desk','{"stream":2}',2001,0,0,'desk:2',NULL,NULL,'sent',1,0,NULL,1024,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(25,'order_placed','{"order":1}',5001,0,0,'order:1',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(26,'receipt_in','{"payment":1,"more":false}',5001,0,0,NULL,NULL,NULL,'sent',1,0,NULL,1026,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(27,'payment_card','{"payment":1}',3001,1,0,'payment:1',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(28,'payment_card','{"payment":1}',3001,0,0,'payment:1',NULL,NULL,'sent',1,0,NULL,1028,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(29,'payment_confirmed','{"order":1,"payment":1}',5001,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1029,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(30,'order_placed','{"order":1}',5001,1,0,'order:1',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(31,'shipment_card','{"shipment":1}',4001,1,0,'shipment:1',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(32,'shipment_card','{"shipment":2}',1001,1,0,'shipment:2',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(33,'shipment_card','{"shipment":1}',1001,0,0,'shipment:1',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(34,'shipment_card','{"shipment":1}',4001,1,0,'shipment:1',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(35,'shipment_shipped','{"shipment":1}',5001,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1035,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(36,'shipment_card','{"shipment":1}',1001,0,0,'shipment:1',NULL,NULL,'sent',1,0,NULL,1036,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(37,'shipment_card','{"shipment":1}',4001,1,0,'shipment:1',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(38,'shipment_received','{"shipment":1}',5001,0,0,NULL,NULL,NULL,'sent',1,0,NULL,1038,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(39,'shipment_card','{"shipment":1}',4001,1,0,'shipment:1',NULL,NULL,'sent',1,0,NULL,1039,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(40,'shipment_card','{"shipment":2}',1001,0,0,'shipment:2',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(41,'shipment_shipped','{"shipment":2}',5001,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1041,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(42,'shipment_card','{"shipment":2}',1001,0,0,'shipment:2',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(43,'order_placed','{"order":1}',5001,1,0,'order:1',NULL,NULL,'sent',1,0,NULL,1043,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(44,'shipment_received','{"shipment":2}',5001,0,0,NULL,NULL,NULL,'sent',1,0,NULL,1044,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(45,'shipment_card','{"shipment":2}',1001,1,0,'shipment:2',NULL,NULL,'sent',1,0,NULL,1045,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(46,'order_placed','{"order":2}',5002,0,0,'order:2',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(47,'receipt_in','{"payment":2,"more":false}',5002,0,0,NULL,NULL,NULL,'sent',1,0,NULL,1047,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(48,'payment_card','{"payment":2}',3001,1,0,'payment:2',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(49,'payment_card','{"payment":2}',3001,0,0,'payment:2',NULL,NULL,'sent',1,0,NULL,1049,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(50,'payment_confirmed','{"order":2,"payment":2}',5002,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1050,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(51,'order_placed','{"order":2}',5002,1,0,'order:2',NULL,NULL,'sent',1,0,NULL,1051,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(52,'shipment_card','{"shipment":3}',4001,1,0,'shipment:3',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(53,'shipment_card','{"shipment":4}',1001,1,0,'shipment:4',NULL,NULL,'sent',1,0,NULL,1053,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(54,'refund_card','{"refund":1}',3001,1,0,'refund:1',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(55,'shipment_failed','{"shipment":3,"refund":1}',5002,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1055,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(56,'shipment_card','{"shipment":3}',1001,0,0,'shipment:3',NULL,NULL,'sent',1,0,NULL,1056,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(57,'shipment_card','{"shipment":3}',4001,1,0,'shipment:3',NULL,NULL,'sent',1,0,NULL,1057,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(58,'refund_done','{"refund":1}',5002,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1058,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(59,'refund_card','{"refund":1}',3001,0,0,'refund:1',NULL,NULL,'sent',1,0,NULL,1059,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(60,'order_placed','{"order":3}',5001,0,0,'order:3',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(61,'receipt_in','{"payment":3,"more":false}',5001,0,0,NULL,NULL,NULL,'sent',1,0,NULL,1061,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(62,'payment_card','{"payment":3}',3001,1,0,'payment:3',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(63,'payment_card','{"payment":3}',3001,0,0,'payment:3',NULL,NULL,'sent',1,0,NULL,1063,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(64,'payment_confirmed','{"order":3,"payment":3}',5001,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1064,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(65,'order_placed','{"order":3}',5001,1,0,'order:3',NULL,NULL,'sent',1,0,NULL,1065,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(66,'shipment_card','{"shipment":5}',4001,1,0,'shipment:5',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(67,'shipment_shipped','{"shipment":5}',5001,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1067,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(68,'shipment_card','{"shipment":5}',1001,0,0,'shipment:5',NULL,NULL,'sent',1,0,NULL,1068,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(69,'shipment_card','{"shipment":5}',4001,1,0,'shipment:5',NULL,NULL,'sent',1,0,NULL,1069,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(70,'order_placed','{"order":4}',5002,0,0,'order:4',NULL,NULL,'sent',1,0,NULL,1070,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(71,'receipt_in','{"payment":4,"more":false}',5002,0,0,NULL,NULL,NULL,'sent',1,0,NULL,1071,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(72,'payment_card','{"payment":4}',3001,1,0,'payment:4',NULL,NULL,'sent',1,0,NULL,1072,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(73,'order_placed','{"order":5}',5002,0,0,'order:5',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(74,'receipt_in','{"payment":5,"more":false}',5002,0,0,NULL,NULL,NULL,'sent',1,0,NULL,1074,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(75,'payment_card','{"payment":5}',3001,1,0,'payment:5',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(76,'payment_card','{"payment":5}',3001,0,0,'payment:5',NULL,NULL,'sent',1,0,NULL,1076,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(77,'payment_rejected','{"order":5,"payment":5}',5002,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1077,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(78,'order_placed','{"order":5}',5002,1,0,'order:5',NULL,NULL,'sent',1,0,NULL,1078,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(79,'order_placed','{"order":6}',5001,0,0,'order:6',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(80,'order_cancelled','{"order":6}',5001,0,0,NULL,NULL,NULL,'sent',1,0,NULL,1080,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(81,'order_placed','{"order":6}',5001,1,0,'order:6',NULL,NULL,'sent',1,0,NULL,1081,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(82,'order_placed','{"order":7}',5002,0,0,'order:7',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773111600000,1773115200000);
INSERT INTO "outbox" VALUES(83,'order_expired','{"order":7}',5002,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1083,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(84,'order_placed','{"order":7}',5002,1,0,'order:7',NULL,NULL,'sent',1,0,NULL,1084,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(85,'order_expired_host','{"order":7}',2001,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1085,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(86,'order_placed','{"order":8}',5001,0,0,'order:8',NULL,NULL,'sent',1,0,NULL,1086,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(87,'receipt_in','{"payment":6,"more":false}',5002,0,0,NULL,NULL,NULL,'sent',1,0,NULL,1087,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(88,'payment_card','{"payment":6}',3001,1,0,'payment:6',NULL,NULL,'dropped',0,0,'replaced by a newer one',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(89,'payment_card','{"payment":6}',3001,0,0,'payment:6',NULL,NULL,'sent',1,0,NULL,1089,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(90,'refund_card','{"refund":2}',3001,1,0,'refund:2',NULL,NULL,'sent',1,0,NULL,1090,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(91,'payment_late','{"order":7,"payment":6}',5002,1,0,NULL,NULL,NULL,'sent',1,0,NULL,1091,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(92,'question_sent','{"question":1}',5001,0,0,NULL,NULL,NULL,'failed',1,0,'chat not found',NULL,1773115200000,1773115200000);
INSERT INTO "outbox" VALUES(93,'question_card','{"question":1}',3001,1,0,'question:1',NULL,NULL,'sending',1,0,NULL,NULL,1773115200000,NULL);
INSERT INTO "outbox" VALUES(94,'question_sent','{"question":2}',5002,0,0,NULL,NULL,NULL,'queued',0,0,NULL,NULL,1773115200000,NULL);
INSERT INTO "outbox" VALUES(95,'question_card','{"question":2}',2001,1,0,'question:2',NULL,NULL,'queued',0,0,NULL,NULL,1773115200000,NULL);
INSERT INTO "outbox" VALUES(96,'question_answer','{"answer":1}',5002,1,0,NULL,NULL,NULL,'queued',0,0,NULL,NULL,1773115200000,NULL);
INSERT INTO "outbox" VALUES(97,'answer_sent','{"question":2}',2001,0,0,NULL,NULL,NULL,'queued',0,0,NULL,NULL,1773115200000,NULL);
INSERT INTO "outbox" VALUES(98,'desk','{"stream":1}',2001,0,0,'desk:1',NULL,NULL,'queued',0,0,NULL,NULL,1773115200000,NULL);
INSERT INTO "outbox" VALUES(99,'question','{"dialog":9,"step":"recipient"}',5002,0,0,NULL,NULL,NULL,'queued',0,0,NULL,NULL,1773115200000,NULL);
CREATE TABLE payments (
    id           INTEGER PRIMARY KEY,
    order_id     INTEGER NOT NULL REFERENCES orders (id),
    number       INTEGER NOT NULL,                                 -- shown as CODE-P-1
    method       TEXT NOT NULL,
    amount       INTEGER NOT NULL CHECK (amount >= 0),
    currency     TEXT NOT NULL,
    status       TEXT NOT NULL DEFAULT 'submitted' CHECK (status IN ('submitted', 'confirmed', 'rejected')),
    submitted_at INTEGER NOT NULL,
    decided_at   INTEGER,
    decided_by   INTEGER REFERENCES people (id),
    reason       TEXT,
    UNIQUE (order_id, number),
    CHECK ((status = 'submitted') = (decided_at IS NULL))
) STRICT;
INSERT INTO "payments" VALUES(1,1,1,'WeChat Pay',15000,'CNY','confirmed',1773115200000,1773115200000,3001,NULL);
INSERT INTO "payments" VALUES(2,2,1,'WeChat Pay',19200,'CNY','confirmed',1773115200000,1773115200000,3001,NULL);
INSERT INTO "payments" VALUES(3,3,1,'WeChat Pay',3600,'CNY','confirmed',1773115200000,1773115200000,3001,NULL);
INSERT INTO "payments" VALUES(4,4,1,'WeChat Pay',3600,'CNY','submitted',1773115200000,NULL,NULL,NULL);
INSERT INTO "payments" VALUES(5,5,1,'WeChat Pay',3600,'CNY','rejected',1773115200000,1773115200000,3001,'not_found');
INSERT INTO "payments" VALUES(6,7,1,'WeChat Pay',28800,'CNY','confirmed',1773115200000,1773115200000,3001,NULL);
CREATE TABLE people (
    id                INTEGER PRIMARY KEY CHECK (id > 0),   -- Telegram's user id, and the private chat's id
    name              TEXT NOT NULL,
    username          TEXT,
    language          TEXT,                                 -- chosen with /language
    telegram_language TEXT,                                 -- what Telegram says of the person's app
    follows_since     INTEGER,
    blocked_at        INTEGER,                              -- the bot can't write to this person since then
    created_at        INTEGER NOT NULL
) STRICT;
INSERT INTO "people" VALUES(1001,'Olga Stall','olga',NULL,'en',NULL,NULL,1773115200000);
INSERT INTO "people" VALUES(2001,'Hui Host',NULL,'zh','zh-hans',NULL,NULL,1773115200000);
INSERT INTO "people" VALUES(3001,'Cai',NULL,NULL,'zh',NULL,NULL,1773115200000);
INSERT INTO "people" VALUES(4001,'Sun',NULL,NULL,'zh',NULL,NULL,1773115200000);
INSERT INTO "people" VALUES(5001,'Ann Li','ann',NULL,'en',1773115200000,NULL,1773115200000);
INSERT INTO "people" VALUES(5002,'Ben O''Neil',NULL,NULL,'de',1773115200000,NULL,1773115200000);
CREATE TABLE products (
    id                INTEGER PRIMARY KEY,
    code              TEXT NOT NULL UNIQUE,
    names             TEXT NOT NULL CHECK (json_valid(names)),
    units             TEXT NOT NULL CHECK (json_valid(units)),
    base_units        TEXT NOT NULL CHECK (json_valid(base_units)),
    descriptions      TEXT NOT NULL CHECK (json_valid(descriptions)),
    pack_milli        INTEGER NOT NULL CHECK (pack_milli > 0),     -- thousandths of a base unit in one pack
    price             INTEGER NOT NULL CHECK (price >= 0),
    currency          TEXT NOT NULL,
    stock             INTEGER CHECK (stock >= 0),                  -- what the supplier names; NULL = unlimited
    limit_per_buyer   INTEGER CHECK (limit_per_buyer > 0),
    supplier_id       INTEGER NOT NULL REFERENCES suppliers (id),
    ships_within_days INTEGER CHECK (ships_within_days >= 0),
    picture           TEXT,                                        -- an address as given in the catalogue
    photo             TEXT,                                        -- Telegram file_id
    archived_at       INTEGER,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
) STRICT;
INSERT INTO "products" VALUES(1,'EGG','{"en": "Free-range eggs", "zh": "散养土鸡蛋"}','{"en": "box of 20", "zh": "20枚装"}','{"en": "egg", "zh": "枚"}','{"en": "Eggs laid by hens kept in the hills", "zh": "山间散养母鸡所产"}',20000,3600,'CNY',500,10,1,3,NULL,NULL,NULL,1773115200000,1773115200000);
INSERT INTO "products" VALUES(2,'RICE','{"en": "Handmade rice noodles", "zh": "手工米粉"}','{"en": "5 kg box", "zh": "5公斤装"}','{"en": "kg", "zh": "公斤"}','{"en": "Sun-dried, no additives", "zh": "阳光晾晒，无添加"}',5000,7800,'CNY',600,20,2,3,NULL,NULL,NULL,1773115200000,1773115200000);
INSERT INTO "products" VALUES(3,'HONEY','{"en": "Wild-flower honey", "zh": "百花蜂蜜"}','{"en": "500 g jar", "zh": "500克瓶装"}','{"en": "kg", "zh": "公斤"}','{"en": "Raw honey from native bees", "zh": "中华蜂原蜜"}',500,5900,'CNY',1000,10,3,5,NULL,NULL,NULL,1773115200000,1773115200000);
INSERT INTO "products" VALUES(4,'SHOOT','{"en": "Smoked bamboo shoots", "zh": "烟熏笋干"}','{"en": "package", "zh": "包"}','{"en": "package", "zh": "包"}','{"en": "Smoked over a wood fire", "zh": "柴火烟熏"}',1000,4500,'CNY',1000,20,4,3,NULL,NULL,NULL,1773115200000,1773115200000);
INSERT INTO "products" VALUES(5,'MUMTEA','{"en": "Chrysanthemum tea", "zh": "皇菊茶"}','{"en": "100 g tin", "zh": "100克罐装"}','{"en": "tin", "zh": "罐"}','{"en": "One flower a cup", "zh": "一朵一杯"}',1000,12800,'CNY',400,NULL,5,7,NULL,NULL,NULL,1773115200000,1773115200000);
INSERT INTO "products" VALUES(6,'TEAOIL','{"en": "Camellia (tea seed) oil", "zh": "山茶油"}','{"en": "2.5 L can", "zh": "2.5升桶装"}','{"en": "L", "zh": "升"}','{"en": "First cold pressing", "zh": "初榨"}',2500,38000,'CNY',400,6,6,7,NULL,NULL,NULL,1773115200000,1773115200000);
INSERT INTO "products" VALUES(7,'CANDY','{"en": "Candied fruit", "zh": "果脯蜜饯"}','{"en": "400 g bag", "zh": "400克袋装"}','{"en": "bag", "zh": "袋"}','{"en": "Plum, kumquat and persimmon", "zh": "李子、金桔、柿饼"}',1000,6800,'CNY',500,NULL,7,5,NULL,NULL,NULL,1773115200000,1773115200000);
CREATE TABLE questions (
    id          INTEGER PRIMARY KEY,
    person_id   INTEGER NOT NULL REFERENCES people (id),
    order_id    INTEGER REFERENCES orders (id),
    audience    TEXT NOT NULL CHECK (audience IN ('host', 'cashier')),
    text        TEXT NOT NULL,
    photo       TEXT,                                              -- Telegram file_id of a picture sent with it
    asked_at    INTEGER NOT NULL,
    answered_by INTEGER REFERENCES people (id),
    answered_at INTEGER
) STRICT;
INSERT INTO "questions" VALUES(1,5001,8,'cashier','Are they <fresh>?',NULL,1773115200000,NULL,NULL);
INSERT INTO "questions" VALUES(2,5002,NULL,'host','几点开始？','q-photo',1773115200000,2001,1773115200000);
CREATE TABLE receipts (
    id             INTEGER PRIMARY KEY,
    payment_id     INTEGER NOT NULL REFERENCES payments (id),
    kind           TEXT NOT NULL CHECK (kind IN ('photo', 'document', 'text')),
    text           TEXT,                                           -- typed reference or caption
    file_id        TEXT,
    file_unique_id TEXT,
    file_name      TEXT,
    mime           TEXT,
    size           INTEGER,
    bytes          BLOB,
    sha256         TEXT,
    fetch_after    INTEGER,                                        -- when to try for the bytes; NULL: done or given up
    fetch_attempts INTEGER NOT NULL DEFAULT 0,
    received_at    INTEGER NOT NULL,
    CHECK ((kind = 'text') = (file_id IS NULL))
) STRICT;
INSERT INTO "receipts" VALUES(1,1,'photo',NULL,'photo-1','unique-1',NULL,NULL,15,X'89504E47206E6F74207265616C6C79','a8626d27cb132ba09adef83553c2f97237b6866ebd3a054fae183736b5de1786',NULL,0,1773115200000);
INSERT INTO "receipts" VALUES(2,2,'text','paid, reference 4711',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,1773115200000);
INSERT INTO "receipts" VALUES(3,3,'text','paid, reference 4711',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,1773115200000);
INSERT INTO "receipts" VALUES(4,4,'text','paid, reference 4711',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,1773115200000);
INSERT INTO "receipts" VALUES(5,5,'text','paid, reference 4711',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,1773115200000);
INSERT INTO "receipts" VALUES(6,6,'text','paid, reference 4711',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,1773115200000);
CREATE TABLE refunds (
    id         INTEGER PRIMARY KEY,
    order_id   INTEGER NOT NULL REFERENCES orders (id),
    number     INTEGER NOT NULL,                                   -- shown as CODE-R-1
    amount     INTEGER NOT NULL CHECK (amount > 0),
    currency   TEXT NOT NULL,
    status     TEXT NOT NULL DEFAULT 'owed' CHECK (status IN ('owed', 'done')),
    reason     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    done_at    INTEGER,
    done_by    INTEGER REFERENCES people (id),
    UNIQUE (order_id, number),
    CHECK ((status = 'done') = (done_at IS NOT NULL))
) STRICT;
INSERT INTO "refunds" VALUES(1,2,1,3600,'CNY','done','cannot_supply',1773115200000,1773115200000,3001);
INSERT INTO "refunds" VALUES(2,7,1,28800,'CNY','owed','late_money',1773115200000,NULL,NULL);
CREATE TABLE reminders (
    id        INTEGER PRIMARY KEY,
    stream_id INTEGER NOT NULL REFERENCES streams (id),
    starts_at INTEGER NOT NULL,                                    -- the start it speaks of
    before_ms INTEGER NOT NULL CHECK (before_ms >= 0),
    due_at    INTEGER NOT NULL,
    state     TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'done', 'dropped')),
    cursor    INTEGER NOT NULL DEFAULT 0,
    note      TEXT,
    UNIQUE (stream_id, starts_at, before_ms)
) STRICT;
INSERT INTO "reminders" VALUES(1,1,1773122400000,3600000,1773118800000,'dropped',0,'stream is live');
INSERT INTO "reminders" VALUES(2,1,1773122400000,600000,1773121800000,'dropped',0,'stream is live');
INSERT INTO "reminders" VALUES(3,1,1773122400000,0,1773122400000,'dropped',0,'stream is live');
CREATE TABLE roles (
    id          INTEGER PRIMARY KEY,
    person_id   INTEGER NOT NULL REFERENCES people (id),
    role        TEXT NOT NULL CHECK (role IN ('owner', 'host', 'cashier', 'supplier')),
    supplier_id INTEGER REFERENCES suppliers (id),
    granted_by  INTEGER REFERENCES people (id),             -- NULL: by the configuration or the command line
    granted_at  INTEGER NOT NULL,
    revoked_at  INTEGER,
    CHECK ((role = 'supplier') = (supplier_id IS NOT NULL))
) STRICT;
INSERT INTO "roles" VALUES(1,1001,'owner',NULL,NULL,1773115200000,NULL);
INSERT INTO "roles" VALUES(2,2001,'host',NULL,1001,1773115200000,NULL);
INSERT INTO "roles" VALUES(3,3001,'cashier',NULL,1001,1773115200000,NULL);
INSERT INTO "roles" VALUES(4,4001,'supplier',1,1001,1773115200000,NULL);
CREATE TABLE shipments (
    id           INTEGER PRIMARY KEY,
    order_id     INTEGER NOT NULL REFERENCES orders (id),
    supplier_id  INTEGER NOT NULL REFERENCES suppliers (id),
    status       TEXT NOT NULL DEFAULT 'requested'
                 CHECK (status IN ('requested', 'accepted', 'shipped', 'delivered', 'short', 'failed')),
    ships_by     INTEGER,
    carrier      TEXT,
    tracking     TEXT,
    requested_at INTEGER NOT NULL,
    accepted_at  INTEGER,
    shipped_at   INTEGER,
    ended_at     INTEGER,                                          -- delivered, short or failed
    UNIQUE (order_id, supplier_id)
) STRICT;
INSERT INTO "shipments" VALUES(1,1,1,'delivered',1773374400000,'SF','SF123',1773115200000,1773115200000,1773115200000,1773115200000);
INSERT INTO "shipments" VALUES(2,1,2,'delivered',1773374400000,'SF','SF123',1773115200000,1773115200000,1773115200000,1773115200000);
INSERT INTO "shipments" VALUES(3,2,1,'failed',1773374400000,NULL,NULL,1773115200000,NULL,NULL,1773115200000);
INSERT INTO "shipments" VALUES(4,2,2,'requested',1773374400000,NULL,NULL,1773115200000,NULL,NULL,NULL);
INSERT INTO "shipments" VALUES(5,3,1,'shipped',1773374400000,'SF','SF123',1773115200000,1773115200000,1773115200000,NULL);
CREATE TABLE stock_movements (
    id       INTEGER PRIMARY KEY,
    offer_id INTEGER NOT NULL REFERENCES offers (id),
    order_id INTEGER REFERENCES orders (id),
    kind     TEXT NOT NULL CHECK (kind IN ('take', 'give_back', 'quantity')),
    units    INTEGER NOT NULL CHECK (kind = 'quantity' OR units > 0),
    reason   TEXT NOT NULL,
    at       INTEGER NOT NULL,
    CHECK (kind = 'quantity' OR order_id IS NOT NULL)
) STRICT;
INSERT INTO "stock_movements" VALUES(1,1,NULL,'quantity',18,'offer added',1773115200000);
INSERT INTO "stock_movements" VALUES(2,1,1,'take',2,'order placed',1773115200000);
INSERT INTO "stock_movements" VALUES(3,2,1,'take',1,'order placed',1773115200000);
INSERT INTO "stock_movements" VALUES(4,1,2,'take',1,'order placed',1773115200000);
INSERT INTO "stock_movements" VALUES(5,2,2,'take',2,'order placed',1773115200000);
INSERT INTO "stock_movements" VALUES(6,1,2,'give_back',1,'cannot supply',1773115200000);
INSERT INTO "stock_movements" VALUES(7,1,NULL,'quantity',-1,'cannot supply',1773115200000);
INSERT INTO "stock_movements" VALUES(8,1,3,'take',1,'order placed',1773115200000);
INSERT INTO "stock_movements" VALUES(9,1,4,'take',1,'order placed',1773115200000);
INSERT INTO "stock_movements" VALUES(10,1,5,'take',1,'order placed',1773115200000);
INSERT INTO "stock_movements" VALUES(11,1,6,'take',3,'order placed',1773115200000);
INSERT INTO "stock_movements" VALUES(12,1,6,'give_back',3,'order cancelled',1773115200000);
INSERT INTO "stock_movements" VALUES(13,1,7,'take',8,'order placed',1773111600000);
INSERT INTO "stock_movements" VALUES(14,1,7,'give_back',8,'order expired',1773115200000);
INSERT INTO "stock_movements" VALUES(15,1,8,'take',7,'order placed',1773115200000);
CREATE TABLE stream_watchers (
    stream_id INTEGER NOT NULL REFERENCES streams (id),
    person_id INTEGER NOT NULL REFERENCES people (id),
    since     INTEGER NOT NULL,
    PRIMARY KEY (stream_id, person_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "stream_watchers" VALUES(1,5001,1773115200000);
CREATE TABLE streams (
    id           INTEGER PRIMARY KEY,
    code         TEXT NOT NULL UNIQUE,
    title        TEXT NOT NULL,
    host_id      INTEGER NOT NULL REFERENCES people (id),
    starts_at    INTEGER NOT NULL,
    platforms    TEXT NOT NULL CHECK (json_valid(platforms)),      -- [{"name": …, "url": …}]
    photo        TEXT,                                             -- Telegram file_id
    status       TEXT NOT NULL DEFAULT 'draft'
                 CHECK (status IN ('draft', 'announced', 'live', 'ended', 'cancelled')),
    created_at   INTEGER NOT NULL,
    announced_at INTEGER,
    live_at      INTEGER,
    ended_at     INTEGER,
    cancelled_at INTEGER
) STRICT;
INSERT INTO "streams" VALUES(1,'L9YA0L','Spring stream 铜鼓',2001,1773122400000,'[{"name": "Kuaishou", "url": "https://live.kuaishou.example/tonggu"}]','photo-file','live',1773115200000,1773115200000,1773115200000,NULL,NULL);
INSERT INTO "streams" VALUES(2,'9JAD8P','A draft',2001,1773547200000,'[]',NULL,'draft',1773115200000,NULL,NULL,NULL,NULL);
CREATE TABLE suppliers (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    county     TEXT NOT NULL DEFAULT '',
    households INTEGER CHECK (households >= 0),
    designated INTEGER NOT NULL DEFAULT 0 CHECK (designated IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
INSERT INTO "suppliers" VALUES(1,'Tonggu Free-Range Poultry Cooperative','Tonggu',212,1,1773115200000,1773115200000);
INSERT INTO "suppliers" VALUES(2,'Paibu Rice Noodle Workshop','Tonggu',96,1,1773115200000,1773115200000);
INSERT INTO "suppliers" VALUES(3,'Gaoqiao Beekeepers'' Cooperative','Tonggu',58,1,1773115200000,1773115200000);
INSERT INTO "suppliers" VALUES(4,'Daduan Bamboo Cooperative','Tonggu',143,1,1773115200000,1773115200000);
INSERT INTO "suppliers" VALUES(5,'Tonggu Golden Chrysanthemum Farm','Tonggu',77,1,1773115200000,1773115200000);
INSERT INTO "suppliers" VALUES(6,'Sandu Camellia Oil Mill','Tonggu',301,1,1773115200000,1773115200000);
INSERT INTO "suppliers" VALUES(7,'Tonggu Hakka Kitchen','Tonggu',34,0,1773115200000,1773115200000);
CREATE INDEX people_followers ON people (id) WHERE follows_since IS NOT NULL AND blocked_at IS NULL;
CREATE UNIQUE INDEX roles_live ON roles (person_id, role, ifnull(supplier_id, 0)) WHERE revoked_at IS NULL;
CREATE INDEX roles_holders ON roles (role, supplier_id) WHERE revoked_at IS NULL;
CREATE INDEX addresses_current ON addresses (person_id, id) WHERE replaced_at IS NULL;
CREATE INDEX streams_open ON streams (starts_at) WHERE status IN ('announced', 'live');
CREATE INDEX streams_by_host ON streams (host_id, id);
CREATE INDEX orders_by_buyer ON orders (buyer_id, id);
CREATE INDEX orders_by_stream ON orders (stream_id, status);
CREATE INDEX orders_to_expire ON orders (hold_until) WHERE hold_until IS NOT NULL;
CREATE INDEX orders_to_remind ON orders (remind_at) WHERE remind_at IS NOT NULL;
CREATE INDEX order_lines_by_order ON order_lines (order_id);
CREATE INDEX order_lines_by_offer ON order_lines (offer_id, order_id);
CREATE INDEX stock_movements_by_offer ON stock_movements (offer_id);
CREATE INDEX stock_movements_by_order ON stock_movements (order_id) WHERE order_id IS NOT NULL;
CREATE TRIGGER stock_movements_keep_updates BEFORE UPDATE ON stock_movements
BEGIN
    SELECT RAISE(ABORT, 'the stock ledger is append-only');
END;
CREATE TRIGGER stock_movements_keep_deletes BEFORE DELETE ON stock_movements
BEGIN
    SELECT RAISE(ABORT, 'the stock ledger is append-only');
END;
CREATE UNIQUE INDEX payments_open ON payments (order_id) WHERE status = 'submitted';
CREATE INDEX payments_waiting ON payments (submitted_at) WHERE status = 'submitted';
CREATE INDEX receipts_by_payment ON receipts (payment_id);
CREATE INDEX receipts_to_fetch ON receipts (fetch_after) WHERE fetch_after IS NOT NULL;
CREATE INDEX receipts_by_file ON receipts (file_unique_id) WHERE file_unique_id IS NOT NULL;
CREATE INDEX refunds_owed ON refunds (created_at) WHERE status = 'owed';
CREATE INDEX shipments_by_supplier ON shipments (supplier_id, status);
CREATE INDEX questions_by_person ON questions (person_id, id);
CREATE INDEX answers_by_question ON answers (question_id);
CREATE INDEX reminders_due ON reminders (due_at) WHERE state = 'due';
CREATE INDEX broadcasts_running ON broadcasts (id) WHERE state = 'running';
CREATE INDEX inbox_open ON inbox (bot_id, update_id) WHERE done_at IS NULL AND set_aside_at IS NULL;
CREATE INDEX inbox_set_aside ON inbox (set_aside_at) WHERE set_aside_at IS NOT NULL AND done_at IS NULL;
CREATE INDEX inbox_done ON inbox (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX outbox_queued ON outbox (lane, id) WHERE state = 'queued';
CREATE INDEX outbox_later ON outbox (not_before) WHERE state = 'queued';
CREATE INDEX outbox_by_chat ON outbox (chat_id, id) WHERE state IN ('queued', 'sending');
CREATE INDEX outbox_by_card ON outbox (card, chat_id) WHERE state = 'queued' AND card IS NOT NULL;
CREATE INDEX outbox_sending ON outbox (id) WHERE state = 'sending';
CREATE INDEX outbox_failed ON outbox (id) WHERE state = 'failed';
CREATE INDEX outbox_repeated ON outbox (id) WHERE repeated > 0;
CREATE INDEX outbox_ended ON outbox (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX cards_by_message ON cards (chat_id, message_id);
CREATE INDEX audit_by_subject ON audit (subject, id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('outbox',99);
INSERT INTO "sqlite_sequence" VALUES('dialogs',9);
COMMIT;
PRAGMA user_version = 1;
