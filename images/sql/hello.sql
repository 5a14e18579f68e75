.headers off
SELECT 'Hello from SQL: 你好, 🌍';
