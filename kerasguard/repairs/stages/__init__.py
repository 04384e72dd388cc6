"""Repairs of mistakes inside the stages of a tf.data pipeline: a mapped function, a signature, what is put into batches."""
