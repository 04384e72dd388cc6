"""All that touches Keras and TensorFlow: patch points, specs, trials; nothing else imports them."""
