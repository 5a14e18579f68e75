CREATE TABLE orders (customer TEXT, amount INTEGER);
INSERT INTO orders VALUES ('Ada', 12), ('Bob', 30), ('Ada', 5);
SELECT customer, count(*) AS orders, sum(amount) AS total FROM orders GROUP BY customer ORDER BY customer;
